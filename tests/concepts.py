"""A model that means something: phrases on named axes, so that a test can work out every cosine.

Also run as a program by the fault tests: python -m tests.concepts CORPUS INDEX [SECONDS]
ingests with this model, sleeping SECONDS at each passage, so that it can be killed midway.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from treatment_search.encoder import Progress
from treatment_search.ingestion import ingest
from treatment_search.models import ModelIdentity
from treatment_search.records import Span
from treatment_search.vectors import SmallVectors, Vectors, quantized

CONCEPTS: tuple[tuple[str, ...], ...] = (
    ("heel spur", "calcaneal spur", "heel track"),
    ("needle", "needling", "pins"),
    ("stretch", "exercise", "calf raises"),
    ("morning", "getting out of bed", "first steps"),
    ("injection", "steroid", "jab"),
    ("doctor", "gp", "physician"),
    ("price", "money", "costs"),
)
DIMENSIONS = len(CONCEPTS) + 1  # the last axis is for a text with none of them

EMPTY = np.empty((0, DIMENSIONS), np.float32)


class ConceptEncoder:
    """Implements Encoder: how often a text names each concept, as a unit vector."""

    def __init__(self, version: str = "1", max_tokens: int = 254, pause: float = 0.0) -> None:
        self.identity = ModelIdentity("concepts", version, "", "")
        self.max_tokens = max_tokens
        self.languages: tuple[str, ...] = ("en",)
        self.runtime = "concepts"
        self.encoded: list[str] = []
        self._pause = pause

    def prepare(self, index: Path) -> None:
        """There is nothing to compile."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """One token a word, and one more for each ten characters of a long word."""
        return [sum(1 + len(word) // 10 for word in text.split()) for text in texts]

    def encode_texts(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        for text in texts:
            self.encoded.append(text)
            time.sleep(self._pause)
            if progress:
                progress(1)
        return self._stacked(texts)

    def encode_passages(
        self,
        texts: Sequence[str],
        sentences: Sequence[Sequence[Span]],
        progress: Progress | None = None,
    ) -> tuple[Vectors, list[SmallVectors]]:
        vectors = self.encode_texts(texts, progress)
        return vectors, [
            quantized(self._stacked([text[start:end] for start, end in spans]))
            for text, spans in zip(texts, sentences, strict=True)
        ]

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        return self._stacked(texts)

    def vector(self, text: str) -> Vectors:
        """Return the vector of one text; another model of a test overrides this alone."""
        return concept_vector(text)

    def _stacked(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self.vector(text) for text in texts]) if texts else EMPTY


def concept_vector(text: str) -> Vectors:
    lowered = text.casefold()
    counts = [float(sum(lowered.count(p) for p in phrases)) for phrases in CONCEPTS]
    vector = np.array([*counts, 0.0 if any(counts) else 1.0], np.float32)
    return vector / np.linalg.norm(vector)


if __name__ == "__main__":
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 0.0
    ingest(Path(sys.argv[1]), Path(sys.argv[2]), ConceptEncoder(pause=seconds), allow_removal=True)
