"""Passages -> every vector of a generation; only what is not known goes through the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from treatment_search import generations
from treatment_search.dense import DenseIndex
from treatment_search.encoder import Encoder
from treatment_search.known import Known
from treatment_search.progress import IngestProgress
from treatment_search.records import Passage, Span
from treatment_search.references import ReferenceVectors
from treatment_search.resume import KeptAside, text_key
from treatment_search.rows import Rows
from treatment_search.runtime import WINDOW
from treatment_search.sentence_vectors import SentenceVectors
from treatment_search.sentences import sentence_spans
from treatment_search.vectors import SmallVectors, Vectors

# Texts between two looks at the clock: seconds, even on a slow processor with a large model.
SLICE = 64

_Encode = Callable[[list[str]], tuple[Vectors, list[SmallVectors]]]


@dataclass(frozen=True, slots=True)
class AllVectors:
    """Every vector of a generation; passages, headings and references are unit rows in order."""

    passages: Vectors
    headings: Vectors
    references: Vectors
    sentences: SentenceVectors

    def save(self, folder: Path) -> None:
        """Write each kind to its folder of a generation."""
        DenseIndex.build(self.passages).save(folder / generations.DENSE)
        DenseIndex.build(self.headings).save(folder / generations.HEADINGS)
        Rows.write(folder / generations.REFERENCES, self.references)
        self.sentences.save(folder / generations.SENTENCES)


def embed(
    passages: Sequence[Passage],
    contexts: Sequence[str],
    encoder: Encoder,
    known: Known,
    dimensions: int,
    progress: IngestProgress,
) -> AllVectors:
    """Return the vectors of passages and heading paths, those not known fresh from the model.

    The model is not even loaded when there is nothing to embed; `dimensions` is the length of
    the vectors then.
    """
    texts = [passage.embedded_text for passage in passages]
    of_text = dict(zip(texts, passages, strict=True))

    def with_sentences(some: list[str]) -> tuple[Vectors, list[SmallVectors]]:
        spans = [_sentences(of_text[text]) for text in some]
        return encoder.encode_passages(some, spans, progress.advance)

    def alone(some: list[str]) -> tuple[Vectors, list[SmallVectors]]:
        vectors = encoder.encode_texts(some, progress.advance)
        return vectors, [np.empty((0, 0), np.int8)] * len(some)

    fresh, fresh_sentences = _fresh(
        "embedding passages", _missing(of_text, known), with_sentences, known.aside, progress
    )
    missing_contexts = {text: text_key(text) for text in known.headings.missing(contexts)}
    fresh_headings, _ = _fresh("embedding headings", missing_contexts, alone, known.aside, progress)
    width = max(fresh.shape[1], fresh_headings.shape[1], dimensions)
    references = known.references if passages else np.empty((0, width), np.float32)
    if references is None:
        progress.start("embedding what to compare with", 1)
        references = ReferenceVectors.encoded(encoder)
        progress.advance(1)
    of_sentences = known.passages.complete_sentences(texts, fresh_sentences)
    return AllVectors(
        known.passages.complete(texts, fresh, width),
        known.headings.complete(contexts, fresh_headings, width),
        references,
        SentenceVectors.of_passages(of_sentences, width),
    )


def count_to_embed(passages: Sequence[Passage], known: Known) -> int:
    """Return how many passages would go through the model."""
    of_text = {passage.embedded_text: passage for passage in passages}
    return sum(key not in known.aside for key in _missing(of_text, known).values())


def _missing(of_text: Mapping[str, Passage], known: Known) -> dict[str, bytes]:
    """Return the texts without a vector in the live generation, each with its key."""
    missing = known.passages.missing(list(of_text))
    return {text: text_key(text, _sentences(of_text[text])) for text in missing}


def _fresh(
    stage: str,
    missing: Mapping[str, bytes],
    encode: _Encode,
    aside: KeptAside,
    progress: IngestProgress,
) -> tuple[Vectors, list[SmallVectors]]:
    """Return the vectors of texts by their keys, in order; what is kept aside is not made again.

    The slices do not depend on what is kept, so that an ingest that goes on gives the model the
    same batches, and gets the same vectors to the last bit, as one that was never killed.
    """
    todo = sum(key not in aside for key in missing.values())
    if todo:
        progress.start(stage, todo)
    for texts in _slices(list(missing)):
        new = [text for text in texts if missing[text] not in aside]
        if new:
            aside.add([missing[text] for text in new], *encode(new))
    return aside.collect(list(missing.values()))


def _slices(texts: Sequence[str]) -> Iterator[list[str]]:
    """Yield the texts in small lots of about one length, window by window as the model does."""
    for start in range(0, len(texts), WINDOW):
        window = range(start, min(start + WINDOW, len(texts)))
        order = sorted(window, key=lambda i: -len(texts[i]))
        for first in range(0, len(order), SLICE):
            yield [texts[i] for i in sorted(order[first : first + SLICE])]


def _sentences(passage: Passage) -> list[Span]:
    """Return where the sentences of a passage stand in what the model reads."""
    offset = passage.text_offset
    return [(start + offset, end + offset) for start, end in sentence_spans(passage.text)]
