"""Fixed texts that ship with the product, compared with questions and with articles.

Their vectors are made once for a generation and carried over from one to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np

from treatment_search.encoder import Encoder
from treatment_search.vectors import Vectors

_DATA = Path(__file__).parent / "data"


@cache
def off_topic_questions() -> tuple[str, ...]:
    """Return the everyday and medical questions that most collections do not answer."""
    return tuple(_lines("off_topic.txt"))


@cache
def urgent_signs() -> tuple[str, ...]:
    """Return what people write who should get help now."""
    return tuple(text for kind, text in _pairs("signs.tsv") if kind == "urgent")


@cache
def calm_signs() -> tuple[str, ...]:
    """Return what people write who need not hurry, near to the urgent in words."""
    return tuple(text for kind, text in _pairs("signs.tsv") if kind == "calm")


@cache
def role_prototypes() -> tuple[tuple[str, str], ...]:
    """Return sentences as articles have them, each with the role it is typical of: (role, text)."""
    return tuple(_pairs("roles.tsv"))


@cache
def reference_digest() -> str:
    """Return what tells one version of the texts from another."""
    return sha256("\n".join(_all_texts()).encode()).hexdigest()


class ReferenceVectors:
    """The vectors of all reference texts, cut up by what they are; unit rows."""

    def __init__(self, rows: Vectors) -> None:
        """Take rows in the order that `encoded` makes them; none for an empty collection."""
        counts = [len(part) for part in _parts()] if len(rows) else [0] * len(_parts())
        parts = [rows[a:b] for a, b in pairwise(accumulate(counts, initial=0))]
        self.off_topic, self.urgent, self.calm, self.roles = parts

    @staticmethod
    def encoded(encoder: Encoder) -> Vectors:
        """Return fresh rows: questions as the model reads questions, prototypes as passages."""
        questions = [text for part in _parts()[:-1] for text in part]
        return np.concatenate(
            [encoder.encode_questions(questions), encoder.encode_texts(_parts()[-1])]
        )


def _parts() -> tuple[tuple[str, ...], ...]:
    prototypes = tuple(text for _, text in role_prototypes())
    return off_topic_questions(), urgent_signs(), calm_signs(), prototypes


def reference_count() -> int:
    """Return how many reference texts there are."""
    return sum(map(len, _parts()))


def _all_texts() -> Iterator[str]:
    for part in _parts():
        yield from part


def _lines(name: str) -> Iterable[str]:
    lines = (_DATA / name).read_text("utf-8").splitlines()
    return (line for line in lines if line and not line.startswith("#"))


def _pairs(name: str) -> Iterator[tuple[str, str]]:
    for line in _lines(name):
        kind, _, text = line.partition("\t")
        yield kind, text
