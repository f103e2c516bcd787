"""Texts -> unit vectors; the only file that knows sentence-transformers."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from treatment_search.errors import ModelProblem
from treatment_search.models import BUNDLED, ModelFiles, ModelIdentity, find_model
from treatment_search.records import Span
from treatment_search.vectors import SmallVectors, Vectors, quantized, unit

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Progress = Callable[[int], None]

BATCH = 32
# Texts are sorted by length within a window, so that a batch holds texts of one length and
# progress still moves in reading order.
WINDOW = 64 * BATCH
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


class SentenceTransformerEncoder:
    """The model as sentence-transformers runs it; loaded when the first text is encoded.

    bfloat16 on processors that compute it natively (2.5 times the passages a second at cosine
    0.999 to float32, see docs/architecture.md), float32 elsewhere.
    """

    def __init__(self, files: ModelFiles) -> None:
        self._files = files
        self._loading = threading.Lock()

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

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text, in order, special marks left out."""
        return self._files.count_tokens(texts)

    def warm(self) -> None:
        """Load the model now, so that the first question does not wait for it."""
        with self._loading:
            _ = self._model

    def encode_texts(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return unit vectors, shape (len(texts), dim), one row a text in order."""
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        for batch in _batches(texts, progress):
            vectors[batch] = self._encode([texts[i] for i in batch], self.identity.passage_prompt)
        return vectors

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
        for batch in _batches(texts, progress):
            read = [texts[i] for i in batch]
            tokens = self._files.token_spans([f"{prompt}{text}" for text in read])
            encoded = self._run(read, prompt, output_value=None)
            for i, one, spans in zip(batch, encoded, tokens, strict=True):
                vectors[i] = one["sentence_embedding"].float().numpy()
                states = one["token_embeddings"].float().numpy()
                shifted = [(start + len(prompt), end + len(prompt)) for start, end in sentences[i]]
                of_sentences[i] = quantized(_means(states, spans[: len(states)], shifted))
        return unit(vectors), of_sentences

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (len(texts), dim), in order; nothing of one is cut off.

        A question longer than the model reads is cut at its words and the pieces' mean is taken.
        """
        pieces = [self._pieces(text) for text in texts]
        flat = self._encode([piece for of in pieces for piece in of], self.identity.query_prompt)
        ends = np.cumsum([0, *map(len, pieces)])
        means = [flat[a:b].mean(axis=0) for a, b in pairwise(ends)]
        return unit(np.stack(means)) if means else flat

    @property
    def dimensions(self) -> int:
        """Return the length of the model's vectors."""
        self.warm()
        return int(self._model.get_embedding_dimension() or 0)

    def _pieces(self, text: str) -> list[str]:
        count = -(-self.count_tokens([text])[0] // self.max_tokens)
        if count <= 1:
            return [text]
        words = text.split()
        size = max(1, len(words) // min(2 * count, _MOST_PIECES))
        return [" ".join(words[i : i + size]) for i in range(0, len(words), size)]

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        raw = self._run(texts, prompt, convert_to_numpy=True)
        return unit(np.asarray(raw, dtype=np.float32).reshape(len(texts), self.dimensions))

    def _run(self, texts: Sequence[str], prompt: str, **wanted: Any) -> Any:
        self.warm()
        return self._model.encode(
            list(texts), prompt=prompt, batch_size=BATCH, show_progress_bar=False, **wanted
        )

    @cached_property
    def _model(self) -> SentenceTransformer:
        _keep_quiet()
        import torch
        from sentence_transformers import SentenceTransformer

        dtype = torch.bfloat16 if _has_bfloat16() else torch.float32
        try:
            return SentenceTransformer(
                str(self._files.folder),
                device="cpu",
                local_files_only=True,
                model_kwargs={"dtype": dtype},
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelProblem(
                f"model '{self.identity.name}' in '{self._files.folder}' cannot be loaded: {error} "
                "Fetch it again, or choose another with --model"
            ) from error


def load_encoder(name: str = BUNDLED) -> SentenceTransformerEncoder:
    """Return the encoder for a model's name or folder; raises ModelProblem when it can't be had."""
    return SentenceTransformerEncoder(find_model(name))


def _batches(texts: Sequence[str], progress: Progress | None) -> Iterator[list[int]]:
    """Yield row numbers of texts of about one length, window by window."""
    for start in range(0, len(texts), WINDOW):
        window = range(start, min(start + WINDOW, len(texts)))
        order = sorted(window, key=lambda i: -len(texts[i]))
        for first in range(0, len(order), BATCH):
            batch = order[first : first + BATCH]
            yield batch
            if progress:
                progress(len(batch))


def _means(states: Vectors, tokens: Sequence[Span], sentences: Sequence[Span]) -> Vectors:
    """Return the mean of the token vectors that begin in each sentence, zeros where none does."""
    starts = np.array([start if end > start else -1 for start, end in tokens])
    means = np.zeros((len(sentences), states.shape[1]), np.float32)
    for row, (start, end) in enumerate(sentences):
        inside = (starts >= start) & (starts < end)
        if inside.any():
            means[row] = states[: len(starts)][inside].mean(axis=0)
    return means


def _has_bfloat16() -> bool:
    import torch

    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16") or able.get("sve_bf16"))


def _keep_quiet() -> None:
    """The model is on disk: ask no hub, send no telemetry, print no bars about loading it."""
    os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # transformers has no
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # types for these two
