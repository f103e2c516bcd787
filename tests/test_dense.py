from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treatment_search.dense import LISTS_FROM, RECALL, DenseIndex
from treatment_search.errors import IndexDamaged
from treatment_search.records import DenseRecord
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
    DenseIndex.build(np.empty((0, 5), np.float32)).save(tmp_path / "empty")
    index = DenseIndex.open(tmp_path / "empty")
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
    built.save(tmp_path / "dense")
    opened = DenseIndex.open(tmp_path / "dense")
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


def neighbours(rows: int) -> Vectors:
    """Unit vectors around 30 middles, as passages lie around what they are about."""
    random = np.random.default_rng(3)
    middles = random.normal(size=(30, DIMENSIONS))
    vectors = middles[random.integers(30, size=rows)] + random.normal(size=(rows, DIMENSIONS)) / 3
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_lists_find_nearly_all_that_is_nearest_with_exact_cosines(tmp_path: Path) -> None:
    vectors = neighbours(3_000)
    DenseIndex.build(vectors, lists_from=3_000).save(tmp_path / "dense")
    index = DenseIndex.open(tmp_path / "dense")
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
        written.append(contents(tmp_path / name))
    assert written[0] == written[1]
    assert "lists.faiss" in written[0]


def test_the_record_says_how_well_rows_are_found(tmp_path: Path) -> None:
    vectors = neighbours(2_000)
    exact = DenseIndex.build(vectors)
    assert exact.record == DenseRecord(lists=0, probed=0, recall=1.0)
    built = DenseIndex.build(vectors, lists_from=2_000)
    # 2,000 / 39 lists at most, though twice the root of 2,000 is more.
    assert built.record.lists == 51
    assert built.record.recall >= RECALL
    assert 1 <= built.record.probed < 51
    built.save(tmp_path / "dense")
    assert DenseIndex.open(tmp_path / "dense").record == built.record


def test_recall_counts_a_row_of_the_same_vector_as_found() -> None:
    # 400 rows of 4 vectors: which ten of a hundred equal rows are the nearest nobody can say.
    vectors = np.repeat(np.eye(4, dtype=np.float32), 100, axis=0)
    assert DenseIndex.build(vectors, lists_from=1).record.recall == 1.0


# Amended


def saved(folder: Path, vectors: Vectors, lists_from: int = LISTS_FROM) -> Path:
    DenseIndex.build(vectors, lists_from).save(folder)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_holes_are_never_found_and_new_rows_go_on_counting(tmp_path: Path) -> None:
    axes = np.eye(6, dtype=np.float32)
    folder = saved(tmp_path / "dense", axes[:4])
    DenseIndex.amend(folder, {1, 3}, axes[[4, 1]])
    index = DenseIndex.open(folder)
    assert (len(index), index.next_number) == (4, 6)
    assert index.search(axes[1], 10) == [(5, 1.0), (0, 0.0), (2, 0.0), (4, 0.0)]
    assert index.search(axes[3], 10) == [(0, 0.0), (2, 0.0), (4, 0.0), (5, 0.0)]
    assert index.all_vectors().tolist() == axes[[0, 2, 4, 1]].tolist()
    assert index.cosines(axes[4], [4, 0]).tolist() == [1.0, 0.0]
    # The last row removed leaves a hole too: its number is not given again.
    DenseIndex.amend(folder, [5], axes[[5]])
    again = DenseIndex.open(folder)
    assert (len(again), again.next_number) == (4, 7)
    assert again.search(axes[5], 1) == [(6, 1.0)]
    assert again.vectors([6, 0]).tolist() == axes[[5, 0]].tolist()


def test_everything_may_be_removed_and_come_again(tmp_path: Path) -> None:
    for lists_from in (1, LISTS_FROM):
        folder = saved(tmp_path / str(lists_from), neighbours(50), lists_from)
        DenseIndex.amend(folder, range(50), np.empty((0, DIMENSIONS), np.float32))
        empty = DenseIndex.open(folder)
        assert (len(empty), empty.next_number, empty.dimensions) == (0, 50, DIMENSIONS)
        assert empty.search(neighbours(1)[0], 5) == []
        DenseIndex.amend(folder, [], neighbours(2))
        assert [n for n, _ in DenseIndex.open(folder).search(neighbours(1)[0], 5)] == [50, 51]


@pytest.mark.parametrize("gone", [[3], [7], [-1]])
def test_what_is_not_there_cannot_be_removed(tmp_path: Path, gone: list[int]) -> None:
    folder = saved(tmp_path / "dense", neighbours(5))
    DenseIndex.amend(folder, [3], neighbours(2))
    before = contents(folder)
    with pytest.raises(ValueError, match="dense"):
        DenseIndex.amend(folder, gone, neighbours(1))
    assert contents(folder) == before


Change = tuple[set[int], int]
"""Which of the rows that are there are removed, by place, and how many are added."""
CHANGES = st.lists(
    st.tuples(st.sets(st.integers(0, 200), max_size=30), st.integers(0, 40)), max_size=4
)


@given(
    rows=st.integers(1, 120),
    changes=CHANGES,
    seed=st.integers(0, 500),
    lists_from=st.sampled_from([1, 60, 1_000]),
)
@settings(max_examples=25, deadline=None)
def test_amended_is_what_it_would_be_written_anew(
    tmp_path_factory: pytest.TempPathFactory,
    rows: int,
    changes: list[Change],
    seed: int,
    lists_from: int,
) -> None:
    folder = saved(
        tmp_path_factory.mktemp("any") / "dense", half_unit_vectors(rows, seed), lists_from
    )
    there = dict(enumerate(half_unit_vectors(rows, seed)))
    next_number = rows
    for places, added in changes:
        removed = [number for place, number in enumerate(there) if place in places]
        vectors = half_unit_vectors(added, seed + next_number)
        DenseIndex.amend(folder, removed, vectors, lists_from)
        for number in removed:
            del there[number]
        there |= dict(enumerate(vectors, next_number))
        next_number += added
    index = DenseIndex.open(folder)
    assert (len(index), index.next_number) == (len(there), next_number)
    numbers = list(there)
    alive = np.array([there[n] for n in numbers], np.float32).reshape(-1, DIMENSIONS)
    assert np.array_equal(index.all_vectors(), alive)
    anew = DenseIndex.build(alive)
    question = half_unit_vectors(1, seed + 7_000)[0]
    for count in (len(there), 1_000):
        wanted = [(numbers[row], cosine) for row, cosine in anew.search(question, count)]
        found = index.search(question, count)
        assert found == wanted if index.record.lists <= 1 else set(found) <= set(wanted)
    exact = anew.cosines(question, range(len(there))).tobytes()
    assert index.cosines(question, numbers).tobytes() == exact


def test_lists_are_made_when_there_are_rows_enough_and_kept_from_then_on(tmp_path: Path) -> None:
    vectors = neighbours(1_200)
    folder = saved(tmp_path / "dense", vectors[:990], lists_from=1_000)
    DenseIndex.amend(folder, [5], vectors[990:1_000], lists_from=1_000)
    assert DenseIndex.open(folder).record.lists == 0  # 999 rows are there
    DenseIndex.amend(folder, [6], vectors[1_000:1_002], lists_from=1_000)
    made = DenseIndex.open(folder)
    assert made.record.lists == 1_000 // 39
    assert made.record.recall >= RECALL
    DenseIndex.amend(folder, range(100, 300), vectors[1_002:], lists_from=1_000)
    amended = DenseIndex.open(folder)
    assert amended.record.lists == made.record.lists
    assert amended.record.probed >= made.record.probed
    gone = {5, 6, *range(100, 300)}
    there = np.array([n for n in range(1_200) if n not in gone])
    found = 0
    for question in vectors[::20]:
        wanted = [int(there[row]) for row, _ in brute_force(vectors[there], question, 10)]
        near = amended.search(question, 10)
        assert not gone & {number for number, _ in near}
        assert [s for _, s in near] == pytest.approx(
            [float(vectors[number] @ question) for number, _ in near], abs=1e-6
        )
        found += len(set(wanted) & {number for number, _ in near})
    assert found >= 0.95 * 10 * 60
    assert amended.record.recall >= RECALL


def test_the_lists_are_measured_again_when_one_row_in_fifty_has_changed(tmp_path: Path) -> None:
    folder = saved(tmp_path / "dense", neighbours(1_000), lists_from=1_000)
    # What was measured is made worse than it is, so that a new measurement shows.
    path = folder / "record.json"
    written = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(written | {"recall": 0.5}), "utf-8")
    for number in range(9):
        DenseIndex.amend(folder, [number], neighbours(1))
    assert DenseIndex.open(folder).record.recall == 0.5  # 18 changes
    DenseIndex.amend(folder, [9], neighbours(1))
    measured = DenseIndex.open(folder).record
    assert measured.recall >= RECALL
    assert (measured.lists, measured.probed) == (written["lists"], written["probed"])
    DenseIndex.amend(folder, range(10, 28), neighbours(1))
    assert DenseIndex.open(folder).record == measured  # 19 since then


def test_more_lists_are_searched_when_they_find_less_than_before(tmp_path: Path) -> None:
    # Rows around middles that the lists were not made for lie in several of them.
    folder = saved(tmp_path / "dense", neighbours(1_000), lists_from=1_000)
    before = DenseIndex.open(folder).record
    other = np.random.default_rng(8).normal(size=(2_000, DIMENSIONS)).astype(np.float32)
    other /= np.linalg.norm(other, axis=1, keepdims=True)
    DenseIndex.amend(folder, range(500), other)
    after = DenseIndex.open(folder).record
    assert after.lists == before.lists
    assert after.probed > before.probed
    assert after.recall >= RECALL


@pytest.mark.parametrize("lists_from", [1, LISTS_FROM])
def test_the_generation_before_keeps_its_bytes_and_answers_as_before(
    tmp_path: Path, lists_from: int
) -> None:
    vectors = neighbours(500)
    old, before = saved(tmp_path / "0", vectors[:300], lists_from), []
    opened = DenseIndex.open(old)
    for number in range(10):
        folder, new = tmp_path / str(number), tmp_path / str(number + 1)
        before.append((folder, contents(folder), modified(folder)))
        shutil.copytree(folder, new, copy_function=os.link)
        removed = range(20 * number, 20 * number + 20)
        DenseIndex.amend(new, removed, vectors[300 + 20 * number : 320 + 20 * number], lists_from)
    for folder, bytes_before, modified_before in before:
        assert contents(folder) == bytes_before
        assert modified(folder) == modified_before
    assert (old / "rows" / "000000000000.npy").samefile(new / "rows" / "000000000000.npy")
    question = vectors[0]
    built = DenseIndex.build(vectors[:300], lists_from)
    assert DenseIndex.open(old).search(question, 20) == built.search(question, 20)
    assert opened.search(question, 20) == built.search(question, 20)
    last = DenseIndex.open(new)
    assert np.array_equal(last.all_vectors(), vectors[200:])
    assert {number for number, _ in last.search(question, 500)} <= set(range(200, 500))


def modified(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


# Damage


FILES = ["rows/000000000000.npy", "numbers.npy", "lists.faiss", "record.json"]


@pytest.fixture
def with_lists(tmp_path: Path) -> Path:
    return saved(tmp_path / "dense", neighbours(200), lists_from=200)


def test_these_are_all_the_files(with_lists: Path) -> None:
    assert sorted(contents(with_lists)) == sorted(FILES)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("kept", [0, 3, 20, -1])
def test_a_file_cut_short_is_damaged_and_named(with_lists: Path, file: str, kept: int) -> None:
    path = with_lists / file
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(IndexDamaged, match="dense"):
        DenseIndex.open(with_lists)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("text", ["not an index at all " * 20, "[]", "{}", None])
def test_a_file_of_something_else_or_none_is_damaged(
    with_lists: Path, file: str, text: str | None
) -> None:
    (with_lists / file).unlink()
    if text is not None:
        (with_lists / file).write_text(text, "utf-8")
    with pytest.raises(IndexDamaged, match="dense"):
        DenseIndex.open(with_lists)


def test_a_missing_index_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(IndexDamaged, match="gone"):
        DenseIndex.open(tmp_path / "gone")


@pytest.mark.parametrize(
    "numbers",
    [range(199), range(201), [*range(198), 199, 198], [*range(199), 200], [-1, *range(199)]],
)
def test_numbers_that_are_not_those_of_the_rows_are_damaged(
    tmp_path: Path, numbers: list[int]
) -> None:
    for lists_from in (200, 201):
        folder = saved(tmp_path / str(lists_from), neighbours(200), lists_from)
        np.save(folder / "numbers.npy", np.array(numbers, np.int64))
        if numbers == range(199) and lists_from == 201:
            assert len(DenseIndex.open(folder)) == 199  # as if the last row had been removed
            continue
        with pytest.raises(IndexDamaged, match="belong together"):
            DenseIndex.open(folder)


def test_a_chunk_lost_at_the_end_is_damaged(tmp_path: Path) -> None:
    folder = saved(tmp_path / "dense", neighbours(10))
    DenseIndex.amend(folder, [], neighbours(3))
    DenseIndex.amend(folder, [10, 11, 12], np.empty((0, DIMENSIONS), np.float32))
    (folder / "rows" / "000000000010.npy").unlink()  # its rows are all holes, their numbers taken
    with pytest.raises(IndexDamaged, match="belong together"):
        DenseIndex.open(folder)
