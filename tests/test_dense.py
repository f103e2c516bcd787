from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treatment_search.dense import DenseIndex
from treatment_search.errors import IndexDamaged
from treatment_search.vectors import Vectors

DIMENSIONS = 16


def half_unit_vectors(rows: int, seed: int) -> Vectors:
    """Unit vectors of four entries of 1/2 or -1/2: every cosine is an exact multiple of 1/4."""
    random = np.random.default_rng(seed)
    vectors = np.zeros((rows, DIMENSIONS), np.float32)
    for row in vectors:
        places = random.choice(DIMENSIONS, 4, replace=False)
        row[places] = random.choice([-0.5, 0.5], 4)
    return vectors


def brute_force(vectors: Vectors, vector: Vectors, count: int) -> list[tuple[int, float]]:
    cosines = vectors @ vector
    order = np.argsort(-cosines, kind="stable")[:count]
    return [(int(row), float(cosines[row])) for row in order]


@given(
    rows=st.integers(1, 120),
    count=st.integers(1, 130),
    seed=st.integers(0, 1_000),
)
@settings(max_examples=80, deadline=None)
def test_search_is_brute_force_with_ties_by_row(rows: int, count: int, seed: int) -> None:
    # Nine cosines are possible (-1, -3/4, ... 1), so that most cuts fall inside a tie.
    vectors = half_unit_vectors(rows, seed)
    question = half_unit_vectors(1, seed + 1)[0]
    found = DenseIndex.build(vectors).search(question, count)
    assert found == brute_force(vectors, question, count)


def test_a_cut_inside_a_tie_keeps_the_lowest_rows() -> None:
    same = np.eye(4, dtype=np.float32)[[1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]]
    found = DenseIndex.build(same).search(np.eye(4, dtype=np.float32)[0], 3)
    assert found == [(1, 1.0), (2, 1.0), (4, 1.0)]


def test_a_tie_wider_than_many_fetches_is_still_cut_by_row() -> None:
    vectors = np.repeat(np.eye(3, dtype=np.float32)[:1], 1_000, axis=0)
    vectors[7] = [0, 1, 0]
    found = DenseIndex.build(vectors).search(vectors[0], 10)
    assert [row for row, _ in found] == [0, 1, 2, 3, 4, 5, 6, 8, 9, 10]


def test_search_is_brute_force_over_dense_random_vectors() -> None:
    random = np.random.default_rng(5)
    vectors = random.normal(size=(2_000, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = DenseIndex.build(vectors).search(vectors[17], 50)
    wanted = brute_force(vectors, vectors[17], 50)
    assert [row for row, _ in found] == [row for row, _ in wanted]
    assert [s for _, s in found] == pytest.approx([s for _, s in wanted], abs=1e-6)


def test_a_count_larger_than_the_index_returns_every_row_and_no_padding() -> None:
    vectors = np.array([[0, 1], [1, 0], [0.6, 0.8]], np.float32)
    found = DenseIndex.build(vectors).search(np.array([1, 0], np.float32), 50)
    assert found == [(1, 1.0), (2, pytest.approx(0.6)), (0, 0.0)]


def test_a_count_of_nothing_finds_nothing() -> None:
    vectors = np.eye(3, dtype=np.float32)
    assert DenseIndex.build(vectors).search(vectors[0], 0) == []


def test_an_empty_index_answers_with_nothing(tmp_path: Path) -> None:
    DenseIndex.build(np.empty((0, 5), np.float32)).save(tmp_path / "empty.faiss")
    index = DenseIndex.open(tmp_path / "empty.faiss")
    question = np.array([1, 0, 0, 0, 0], np.float32)
    assert len(index) == 0
    assert index.dimensions == 5
    assert index.search(question, 10) == []
    assert index.cosines(question, []).shape == (0,)
    assert index.vectors([]).shape == (0, 5)


def test_no_rows_have_no_cosines_whatever_the_length_of_the_question() -> None:
    # An index emptied while the model changed still has the old model's dimensions.
    index = DenseIndex.build(np.empty((0, 5), np.float32))
    assert index.cosines(np.ones(8, np.float32), []).shape == (0,)


def test_what_is_saved_opens_the_same(tmp_path: Path) -> None:
    vectors = half_unit_vectors(40, 9)
    built = DenseIndex.build(vectors)
    built.save(tmp_path / "dense.faiss")
    opened = DenseIndex.open(tmp_path / "dense.faiss")
    assert len(opened) == 40
    assert opened.dimensions == DIMENSIONS
    assert opened.search(vectors[3], 40) == built.search(vectors[3], 40)
    assert np.array_equal(opened.vectors(range(40)), vectors)


def test_vectors_and_cosines_come_in_the_order_asked_for() -> None:
    vectors = np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32)
    index = DenseIndex.build(vectors)
    assert np.array_equal(index.vectors([2, 0, 2]), vectors[[2, 0, 2]])
    cosines = index.cosines(np.array([0, 1], np.float32), [2, 0, 2])
    assert cosines.tolist() == [np.float32(0.8), 0.0, np.float32(0.8)]


@pytest.mark.parametrize("rows", range(2, 12))
def test_equal_vectors_have_equal_cosines_wherever_they_stand(rows: int) -> None:
    # A matrix product adds in another order from row to row, and the last bit would decide ties.
    random = np.random.default_rng(rows)
    one, question = random.normal(size=(2, 384)).astype(np.float32)
    one, question = one / np.linalg.norm(one), question / np.linalg.norm(question)
    index = DenseIndex.build(np.repeat(one.reshape(1, -1), rows, axis=0))
    cosines = index.cosines(question, range(rows))
    assert len(set(cosines.tolist())) == 1
    assert index.cosines(question, [rows - 1])[0] == cosines[0]


@pytest.mark.parametrize("kept", [0, 3, 20, -1])
def test_a_file_cut_short_is_damaged_and_named(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "dense.faiss"
    DenseIndex.build(np.eye(4, dtype=np.float32)).save(path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(IndexDamaged, match=r"dense\.faiss"):
        DenseIndex.open(path)


def test_a_missing_file_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(IndexDamaged, match=r"gone\.faiss"):
        DenseIndex.open(tmp_path / "gone.faiss")


def test_a_file_of_something_else_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "dense.faiss"
    path.write_text("not an index at all " * 20, "utf-8")
    with pytest.raises(IndexDamaged, match=r"dense\.faiss"):
        DenseIndex.open(path)


def neighbours(rows: int) -> Vectors:
    """Unit vectors around 30 middles, as passages lie around what they are about."""
    random = np.random.default_rng(3)
    middles = random.normal(size=(30, DIMENSIONS))
    vectors = middles[random.integers(30, size=rows)] + random.normal(size=(rows, DIMENSIONS)) / 3
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_lists_find_nearly_all_that_is_nearest_with_exact_cosines(tmp_path: Path) -> None:
    vectors = neighbours(3_000)
    DenseIndex.build(vectors, lists_from=3_000).save(tmp_path / "dense.faiss")
    index = DenseIndex.open(tmp_path / "dense.faiss")
    assert (len(index), index.dimensions) == (3_000, DIMENSIONS)
    found = 0
    for question in vectors[::60]:
        wanted = brute_force(vectors, question, 10)
        near = index.search(question, 10)
        found += len({row for row, _ in near} & {row for row, _ in wanted})
        assert [s for _, s in near] == pytest.approx(
            [float(vectors[row] @ question) for row, _ in near], abs=1e-6
        )
        assert near == sorted(near, key=lambda pair: (-pair[1], pair[0]))
    assert found >= 0.95 * 10 * len(vectors[::60])
    assert np.array_equal(index.vectors([2_999, 0]), vectors[[2_999, 0]])
    assert np.array_equal(index.all_vectors(), vectors)


def test_below_the_threshold_every_row_is_searched() -> None:
    vectors = neighbours(500)
    index = DenseIndex.build(vectors, lists_from=501)
    for question in vectors[::50]:
        found = [row for row, _ in index.search(question, 500)]
        assert found == [row for row, _ in brute_force(vectors, question, 500)]


def test_lists_hold_fewer_rows_than_asked_for_without_padding() -> None:
    vectors = neighbours(300)
    found = DenseIndex.build(vectors, lists_from=300).search(vectors[7], 400)
    assert found[0][0] == 7
    assert all(row >= 0 for row, _ in found)
    assert len({row for row, _ in found}) == len(found)


def test_the_same_rows_give_the_same_lists(tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        DenseIndex.build(neighbours(2_000), lists_from=2_000).save(tmp_path / name)
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]
