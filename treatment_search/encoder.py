"""Texts -> unit vectors: prompts, long questions and sentences, whatever runs the model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np

from treatment_search import compiled
from treatment_search.errors import NotCompiled
from treatment_search.models import BUNDLED, ModelFiles, ModelIdentity, find_model
from treatment_search.original import SentenceTransformerRuntime
from treatment_search.records import Span
from treatment_search.runtime import Runtime
from treatment_search.vectors import SmallVectors, Vectors, quantized, unit

Progress = Callable[[int], None]

# A question of this many model lengths is longer than any the engine lets through.
_MOST_PIECES = 16


class Encoder(Protocol):
    """What the rest of the package needs of a model."""

    @property
    def identity(self) -> ModelIdentity:
        """What an index must remember of this model."""
        ...

    @property
    def max_tokens(self) -> int:
        """Tokens of a passage the model reads."""
        ...

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages the model reads; empty when nobody says."""
        ...

    @property
    def runtime(self) -> str:
        """What runs the model; vectors of two runtimes differ in their last bits."""
        ...

    def prepare(self, index: Path) -> None:
        """Make ready, before an ingest embeds, what the index folder keeps of the model.

        The caller holds the lock of the index.
        """
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text, in order, special marks left out."""
        ...

    def encode_texts(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return unit vectors, shape (len(texts), dim), one row a text in order."""
        ...

    def encode_passages(
        self,
        texts: Sequence[str],
        sentences: Sequence[Sequence[Span]],
        progress: Progress | None = None,
    ) -> tuple[Vectors, list[SmallVectors]]:
        """Return unit vectors of texts, and of the sentences in each, in order.

        `sentences` are offsets into each text. A sentence's vector is the mean of the vectors
        that its tokens have within the whole text; its length may be 0 for a model whose
        tokens have another length than its texts.
        """
        ...

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (len(texts), dim), in order; nothing of one is cut off."""
        ...


class ModelEncoder:
    """A model's texts, pieces and sentences; run compiled where that is sound (compiled.py).

    Otherwise sentence-transformers runs it, and `why_original` says why. Which it is, is found
    when that is first needed; nothing is loaded before.
    """

    def __init__(self, files: ModelFiles, index: Path | None = None) -> None:
        self._files = files
        self._index = index
        self._choosing = threading.Lock()
        self._chosen: tuple[Runtime, str | None] | None = None

    @property
    def identity(self) -> ModelIdentity:
        """What an index must remember of this model."""
        return self._files.identity

    @property
    def max_tokens(self) -> int:
        """Tokens of a passage the model reads."""
        return self._files.max_tokens

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages the model reads; empty when nobody says."""
        return self._files.languages

    @property
    def runtime(self) -> str:
        """What runs the model; vectors of two runtimes differ in their last bits."""
        return self._choice()[0].name

    @property
    def why_original(self) -> str | None:
        """Return why sentence-transformers runs the model, or None when it runs compiled."""
        return self._choice()[1]

    def prepare(self, index: Path) -> None:
        """Compile the model into an index folder unless that is done; the caller holds its lock.

        Whatever is in the way, sentence-transformers runs the model instead.
        """
        with self._choosing:
            self._index = index
            compiled.forget_others(index, self.identity)
            self._chosen = self._found(index)
            if self._chosen[1] is None:
                compiled.note_again(index, self._files)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text, in order, special marks left out."""
        return self._files.count_tokens(texts)

    def encode_texts(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return unit vectors, shape (len(texts), dim), one row a text in order."""
        return self._encode(texts, self.identity.passage_prompt, progress)

    def encode_passages(
        self,
        texts: Sequence[str],
        sentences: Sequence[Sequence[Span]],
        progress: Progress | None = None,
    ) -> tuple[Vectors, list[SmallVectors]]:
        """Return unit vectors of texts, and small ones of the sentences in each; one pass."""
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        prompt = self.identity.passage_prompt
        of_sentences: list[SmallVectors] = [np.empty((0, 0), np.int8)] * len(texts)
        for one in self._choice()[0].run(texts, prompt, tokens=True):
            vectors[one.row] = one.vector
            shifted = [(a + len(prompt), b + len(prompt)) for a, b in sentences[one.row]]
            of_sentences[one.row] = quantized(_means(one.states, one.spans, shifted))
            if progress:
                progress(1)
        return unit(vectors), of_sentences

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (len(texts), dim), in order; nothing of one is cut off.

        A question longer than the model reads is cut at its words and the pieces' mean is taken.
        """
        counts = self.count_tokens(texts)
        pieces = [self._pieces(text, count) for text, count in zip(texts, counts, strict=True)]
        flat = self._encode([piece for of in pieces for piece in of], self.identity.query_prompt)
        ends = np.cumsum([0, *map(len, pieces)])
        means = [flat[a:b].mean(axis=0) for a, b in pairwise(ends)]
        return unit(np.stack(means)) if means else flat

    @property
    def dimensions(self) -> int:
        """Return the length of the model's vectors."""
        return self._choice()[0].dimensions

    def _pieces(self, text: str, tokens: int) -> list[str]:
        count = -(-tokens // self.max_tokens)
        if count <= 1:
            return [text]
        words = text.split()
        size = max(1, len(words) // min(2 * count, _MOST_PIECES))
        return [" ".join(words[i : i + size]) for i in range(0, len(words), size)]

    def _encode(
        self, texts: Sequence[str], prompt: str, progress: Progress | None = None
    ) -> Vectors:
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        for one in self._choice()[0].run(texts, prompt, tokens=False):
            vectors[one.row] = one.vector
            if progress:
                progress(1)
        return unit(vectors)

    def _choice(self) -> tuple[Runtime, str | None]:
        with self._choosing:
            if self._chosen is None:
                self._chosen = self._opened(self._index)
            return self._chosen

    def _found(self, index: Path) -> tuple[Runtime, str | None]:
        """Return the compiled model, made when there is none that is sound."""
        try:
            return compiled.open_compiled(index, self._files), None
        except NotCompiled as reason:
            if reason.lasting:
                return SentenceTransformerRuntime(self._files), str(reason)
        try:
            compiled.make_compiled(index, self._files)
        except OSError as error:
            return SentenceTransformerRuntime(self._files), f"the disk said no: {error.strerror}"
        return self._opened(index)

    def _opened(self, index: Path | None) -> tuple[Runtime, str | None]:
        if index is None:
            return SentenceTransformerRuntime(self._files), "no index folder keeps it compiled"
        try:
            return compiled.open_compiled(index, self._files), None
        except NotCompiled as reason:
            return SentenceTransformerRuntime(self._files), str(reason)


def load_encoder(name: str = BUNDLED, index: Path | None = None) -> ModelEncoder:
    """Return the encoder for a model's name or folder; raises ModelProblem when it can't be had.

    With an `index` the model runs as it was compiled there, and files of the model that have the
    size and time that the last ingest noted are taken for the same; else they are all read.
    """
    files = find_model(name)
    noted = compiled.noted_model(index, files) if index else None
    return ModelEncoder(replace(files, noted=noted), index)


def _means(states: Vectors, tokens: Sequence[Span], sentences: Sequence[Span]) -> Vectors:
    """Return the mean of the token vectors that begin in each sentence, zeros where none does."""
    starts = np.array([start if end > start else -1 for start, end in tokens])
    means = np.zeros((len(sentences), states.shape[1]), np.float32)
    for row, (start, end) in enumerate(sentences):
        inside = (starts >= start) & (starts < end)
        if inside.any():
            means[row] = states[: len(starts)][inside].mean(axis=0)
    return means
