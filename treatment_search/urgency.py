"""Whether a question describes a sign that should be seen now (pure).

A long story is read part by part, because one clause among many carries the sign. A part is
compared with sentences of people who should get help now, and with calm ones that stand close to
them in words: both ship as data. The line between the two sets is a ridge regression (Hoerl and
Kennard 1970), fitted when an index is opened; docs/ranking.md has how often it is right.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from treatment_search.vectors import Vectors

RIDGE = 1.0
# Of signs that the line was not fitted on, 84 in 100 lie above this, and 8 in 100 calm ones.
URGENT_FROM = 0.2
_SHORTEST_PART = 3
_LONG_PART = 14
_WINDOW = 10
_CUT = re.compile(r"[.!?;,\n]+|\b(?:and|but|because|since|now|so|then)\b", re.IGNORECASE)
_MARKS = " .!?;,\n"
_WORD = re.compile(r"\S+")


class UrgencyLine:
    """What divides urgent from calm; nothing is urgent where there is nothing to learn from."""

    def __init__(self, urgent: Vectors, calm: Vectors, off_topic: Vectors) -> None:
        if not len(urgent) or not len(calm):
            self._line: npt.NDArray[np.float64] | None = None
            return
        # Half of the calm side's weight is the calm signs, half the off-topic questions.
        sides = [(urgent, 1.0, 0.5), (calm, -1.0, 0.25), (off_topic, -1.0, 0.25)]
        count = sum(len(rows) for rows, _, _ in sides)
        rows = np.concatenate([_with_one(rows) for rows, _, _ in sides])
        aims = np.concatenate([np.full(len(rows), aim) for rows, aim, _ in sides])
        weights = np.concatenate(
            [np.full(len(rows), count * share / max(1, len(rows))) for rows, _, share in sides]
        )
        weighted = rows * weights[:, None]
        identity = RIDGE * np.eye(rows.shape[1])
        self._line = np.linalg.solve(weighted.T @ rows + identity, weighted.T @ aims)

    def urgency(self, parts: Vectors) -> float:
        """Return how urgent the most urgent part of a question is; 1 is a sign of the list."""
        return -1.0 if self._line is None else float((_with_one(parts) @ self._line).max())


def _with_one(rows: Vectors) -> npt.NDArray[np.float64]:
    return np.column_stack([rows.astype(np.float64), np.ones(len(rows))])


def parts_of(question: str) -> list[str]:
    """Return what a question says part by part; nothing when it is one part."""
    ends = [m.start() for m in _CUT.finditer(question)]
    clauses = [question[a:b] for a, b in zip([0, *ends], [*ends, len(question)], strict=True)]
    parts = []
    for clause in clauses:
        words = _WORD.findall(clause.strip(_MARKS))
        if len(words) > _LONG_PART:
            starts = range(0, len(words) - _WINDOW // 2, _WINDOW // 2)
            parts += [" ".join(words[start : start + _WINDOW]) for start in starts]
        elif len(words) >= _SHORTEST_PART:
            parts.append(" ".join(words))
    parts = list(dict.fromkeys(parts))
    return parts if len(parts) > 1 else []
