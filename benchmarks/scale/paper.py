"""What collections too large to measure would cost, from those that were measured (pure).

Memory, disk and build time grow in a straight line with the passages: a fixed part and a price a
passage, from the smallest and the largest size measured. A question's time grows as a power of
the passages, from the same two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.measuring import growth

LARGE = (1_000_000, 10_000_000, 100_000_000)
# One machine as it can be rented; beyond it a collection is split over several.
MEMORY_GIB = 256.0
BUILD_DAYS = 7.0
QUESTION_MS = 500.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One size that was measured; memory is resident while questions are asked."""

    passages: int
    memory_mib: float
    disk_bytes: float
    seconds: float
    question_ms: float


@dataclass(frozen=True, slots=True)
class Cost:
    """What a collection costs on one machine, and what of that is too much for one."""

    passages: int
    memory_gib: float
    disk_gib: float
    build_hours: float
    question_ms: float
    too_much: tuple[str, ...]


def line(x: tuple[float, float], y: tuple[float, float]) -> tuple[float, float]:
    """Return the fixed part, not below 0, and the slope of the line through two points."""
    slope = (y[1] - y[0]) / (x[1] - x[0])
    return max(0.0, y[0] - slope * x[0]), slope


def cost(measured: Sequence[Measured], passages: int, embedded_a_second: float) -> Cost:
    """Return the cost of so many passages; two sizes at least must be measured.

    Build time is what the model takes at `embedded_a_second` or, where that is more, the time
    that the ingests took a passage: the vectors of the largest were made without the model.
    """
    first, last = measured[0], measured[-1]
    x = float(first.passages), float(last.passages)
    memory = _at(passages, x, (first.memory_mib, last.memory_mib)) / 1024
    disk = _at(passages, x, (first.disk_bytes, last.disk_bytes)) / 1024**3
    written = _at(passages, x, (first.seconds, last.seconds))
    hours = max(passages / embedded_a_second, written) / 3600
    exponent = growth(first.question_ms, last.question_ms, x[1] / x[0])
    question = last.question_ms * (passages / last.passages) ** max(0.0, exponent)
    limits = {
        "memory": memory > MEMORY_GIB,
        "build time": hours > BUILD_DAYS * 24,
        "question time": question > QUESTION_MS,
    }
    too_much = tuple(name for name, over in limits.items() if over)
    return Cost(passages, memory, disk, hours, question, too_much)


def largest_in_memory(measured: Sequence[Measured], memory_gib: float) -> int:
    """Return how many passages fit into so much memory."""
    first, last = measured[0], measured[-1]
    fixed, slope = line(
        (float(first.passages), float(last.passages)), (first.memory_mib, last.memory_mib)
    )
    return max(0, round((memory_gib * 1024 - fixed) / slope)) if slope > 0 else 0


def _at(passages: int, x: tuple[float, float], y: tuple[float, float]) -> float:
    fixed, slope = line(x, y)
    return fixed + slope * passages
