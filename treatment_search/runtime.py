"""What runs a model: tokens in, vectors out. There are two, of one kind each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from treatment_search.records import Span
from treatment_search.vectors import Vectors

# Texts are sorted by length within a window, so that a batch holds texts of about one length.
WINDOW = 2048


@dataclass(frozen=True, slots=True)
class Encoded:
    """One text as the model read it: which of those given, and its vector, shape (dim,).

    `states` are the vectors of its tokens, shape (tokens, dim), and `spans` where each stands in
    the text with its prompt, (0, 0) for special marks; both empty unless asked for.
    """

    row: int
    vector: Vectors
    states: Vectors
    spans: Sequence[Span] = ()


class Runtime(Protocol):
    """What the encoder needs of a thing that runs a model; safe to use from several threads."""

    @property
    def name(self) -> str:
        """What it is called in `status`; another name may give other last bits."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of the model's vectors."""
        ...

    def run(self, texts: Sequence[str], prompt: str, *, tokens: bool) -> Iterator[Encoded]:
        """Yield every text once, in an order that depends on the texts alone."""
        ...


def windows(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield the rows of one window after another, the longest first in each."""
    for start in range(0, len(lengths), WINDOW):
        window = range(start, min(start + WINDOW, len(lengths)))
        yield sorted(window, key=lambda row: -lengths[row])
