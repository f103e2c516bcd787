"""Texts -> unit vectors; the only file that knows sentence-transformers."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from treatment_search.errors import ModelProblem
from treatment_search.models import BUNDLED, ModelFiles, ModelIdentity, find_model

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]
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

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text, in order, special marks left out."""
        ...

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return unit vectors, shape (len(texts), dim), one row a text in order."""
        ...

    def encode_question(self, text: str) -> Vectors:
        """Return one unit vector, shape (dim,); nothing of a long question is cut off."""
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

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text, in order, special marks left out."""
        return self._files.count_tokens(texts)

    def warm(self) -> None:
        """Load the model now, so that the first question does not wait for it."""
        with self._loading:
            _ = self._model

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return unit vectors, shape (len(texts), dim), one row a text in order."""
        parts = []
        for start in range(0, len(texts), WINDOW):
            window = texts[start : start + WINDOW]
            order = sorted(range(len(window)), key=lambda i: -len(window[i]))
            rows = []
            for first in range(0, len(order), BATCH):
                batch = [window[i] for i in order[first : first + BATCH]]
                rows.append(self._encode(batch, self.identity.passage_prompt))
                if progress:
                    progress(len(batch))
            sorted_rows = np.concatenate(rows)
            part = np.empty_like(sorted_rows)
            part[order] = sorted_rows
            parts.append(part)
        return np.concatenate(parts) if parts else np.empty((0, self.dimensions), np.float32)

    def encode_question(self, text: str) -> Vectors:
        """Return one unit vector, shape (dim,); nothing of a long question is cut off.

        A question longer than the model reads is cut at its words and the pieces' mean is taken.
        """
        pieces = self._encode(self._pieces(text), self.identity.query_prompt)
        mean: Vectors = unit(pieces.mean(axis=0, keepdims=True))
        return mean.reshape(-1)

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
        self.warm()
        raw = self._model.encode(
            list(texts),
            prompt=prompt or None,
            batch_size=BATCH,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        return unit(np.asarray(raw, dtype=np.float32))

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


def unit(vectors: Vectors) -> Vectors:
    """Return the rows at length 1, shape unchanged."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.ascontiguousarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)


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
