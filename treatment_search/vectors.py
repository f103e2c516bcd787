"""What the numbers of a text look like (pure)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
"""One row a text, of length 1 unless said otherwise, shape (texts, dim)."""

SmallVectors = npt.NDArray[np.int8]
"""The same in 8 bits a number; each row has a scale of its own, so that only directions count."""

_LARGEST = 127


def unit(vectors: Vectors) -> Vectors:
    """Return the rows at length 1, shape unchanged."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.ascontiguousarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)


def cosines(rows: Vectors, vector: Vectors) -> npt.NDArray[np.float32]:
    """Return the cosine of each unit row with a unit vector, in order; none of no rows.

    Equal rows give equal cosines wherever they stand; a matrix product, which adds in another
    order from row to row, does not promise that, and would decide ties.
    """
    if not len(rows):
        return np.empty(0, np.float32)
    return np.asarray(np.vecdot(rows, vector), dtype=np.float32)


def quantized(vectors: Vectors) -> SmallVectors:
    """Return each row scaled so that its largest number is 127; a row of zeros stays one."""
    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=1e-12)
    small: SmallVectors = np.rint(vectors * (_LARGEST / largest)).astype(np.int8)
    return small
