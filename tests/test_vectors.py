from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatment_search.vectors import quantized, unit

numbers = st.floats(-50, 50, width=32)
rows = st.lists(st.lists(numbers, min_size=4, max_size=4), min_size=1, max_size=6)


def test_rows_are_brought_to_length_one_in_their_own_direction() -> None:
    found = unit(np.array([[3, 4], [0, -2], [0.6, 0.8]], np.float32))
    assert found == pytest.approx(np.array([[0.6, 0.8], [0, -1], [0.6, 0.8]]))
    assert found.dtype == np.float32
    assert found.flags["C_CONTIGUOUS"]


def test_a_row_of_zeros_stays_one() -> None:
    zeros = np.zeros((1, 3), np.float32)
    assert unit(zeros).tolist() == [[0, 0, 0]]
    assert quantized(zeros).tolist() == [[0, 0, 0]]


def test_no_rows_stay_no_rows_of_their_width() -> None:
    none = np.empty((0, 3), np.float32)
    assert unit(none).shape == quantized(none).shape == (0, 3)
    assert quantized(np.empty((2, 0), np.float32)).shape == (2, 0)


def test_the_largest_number_of_each_row_becomes_127() -> None:
    small = quantized(np.array([[1, -2, 0.5], [0.001, 0, 0]], np.float32))
    # 127 / 2 = 63.5 a unit, rounded to the nearest even: 63.5 is 64, -127, 31.75 is 32.
    assert small.tolist() == [[64, -127, 32], [127, 0, 0]]
    assert small.dtype == np.int8


@given(rows)
def test_eight_bits_keep_the_direction(values: list[list[float]]) -> None:
    vectors = np.array(values, np.float32)
    vectors = vectors[np.abs(vectors).max(axis=1) > 1e-3]
    cosines = (unit(vectors) * unit(quantized(vectors).astype(np.float32))).sum(axis=1)
    # Each of four numbers is off by at most half of 1/127 of the largest one.
    assert (cosines > 1 - 4 * (0.5 / 127) ** 2).all()


@given(rows)
def test_eight_bits_never_run_over(values: list[list[float]]) -> None:
    vectors = np.array(values, np.float32)
    small = quantized(vectors)
    assert (np.abs(small.astype(np.int32)) <= 127).all()
    assert ((small == 0) | (np.sign(small) == np.sign(vectors))).all()
