from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treatment_search import rows as rows_module
from treatment_search.errors import IndexDamaged
from treatment_search.rows import Array, Rows


def counted(first: int, rows: int) -> Array:
    """Rows of three numbers, which are those of the row, times 1, 10 and 100."""
    numbers = np.arange(first, first + rows)
    return np.stack([numbers, 10 * numbers, 100 * numbers], axis=1).astype(np.float32)


def written(folder: Path, *counts: int) -> Path:
    Rows.write(folder, counted(0, counts[0]))
    for place in range(1, len(counts)):
        Rows.append(folder, counted(sum(counts[:place]), counts[place]))
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_rows_are_numbered_across_chunks_and_taken_in_the_order_asked_for(tmp_path: Path) -> None:
    rows = Rows.open(written(tmp_path / "rows", 5, 3, 2), np.float32)
    assert (len(rows), rows.width) == (10, 3)
    assert rows.all().tolist() == counted(0, 10).tolist()
    wanted = [9, 0, 4, 5, 7, 5]
    assert rows.take(wanted).tolist() == [[n, 10 * n, 100 * n] for n in wanted]
    assert rows.take([]).shape == (0, 3)


def test_rows_between_two_numbers(tmp_path: Path) -> None:
    rows = Rows.open(written(tmp_path / "rows", 5, 3, 2), np.float32)
    for first in range(11):
        for end in range(first, 11):
            assert rows.between(first, end).tolist() == counted(first, end - first).tolist()
    for first, end in ((-1, 2), (9, 11), (10, 11)):
        with pytest.raises(IndexError, match="from 0 to 9"):
            rows.between(first, end)
    everything = counted(0, 4)
    assert np.shares_memory(Rows.of(everything).between(1, 3), everything)


@given(counts=st.lists(st.integers(0, 9), min_size=1, max_size=30), data=st.data())
@settings(max_examples=40, deadline=None)
def test_however_they_came_they_are_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory, counts: list[int], data: st.DataObject
) -> None:
    rows = Rows.open(written(tmp_path_factory.mktemp("any") / "rows", *counts), np.float32)
    everything = counted(0, sum(counts))
    assert np.array_equal(rows.all(), everything)
    number = st.integers(0, max(0, sum(counts) - 1))
    wanted = data.draw(st.lists(number, max_size=20)) if sum(counts) else []
    assert np.array_equal(rows.take(wanted), everything[np.array(wanted, int)])


def test_small_numbers_are_kept_in_their_type(tmp_path: Path) -> None:
    Rows.write(tmp_path / "rows", np.array([[1, -127]], np.int8))
    Rows.append(tmp_path / "rows", np.array([[127, 0]], np.int8))
    rows = Rows.open(tmp_path / "rows", np.int8)
    assert rows.take([1, 0]).tolist() == [[127, 0], [1, -127]]
    assert rows.take([1]).dtype == np.int8


def test_no_rows_keep_their_width_and_take_more(tmp_path: Path) -> None:
    folder = written(tmp_path / "rows", 0)
    assert (len(Rows.open(folder, np.float32)), Rows.open(folder, np.float32).width) == (0, 3)
    Rows.append(folder, counted(0, 2))
    assert Rows.open(folder, np.float32).all().tolist() == counted(0, 2).tolist()
    assert names(folder) == ["000000000000.npy"]


def test_appending_nothing_changes_nothing(tmp_path: Path) -> None:
    folder = written(tmp_path / "rows", 4)
    Rows.append(folder, counted(4, 0))
    assert names(folder) == ["000000000000.npy"]


def test_small_chunks_are_merged_so_that_few_files_are_left(tmp_path: Path) -> None:
    # Single rows double up: after four of them one file of 4, after seven files of 4, 2 and 1.
    folder = written(tmp_path / "rows", 100, *[1] * 4)
    assert names(folder) == ["000000000000.npy", "000000000100.npy"]
    Rows.append(folder, counted(104, 1))
    Rows.append(folder, counted(105, 1))
    Rows.append(folder, counted(106, 1))
    assert names(folder)[1:] == ["000000000100.npy", "000000000104.npy", "000000000106.npy"]
    assert np.array_equal(Rows.open(folder, np.float32).all(), counted(0, 107))


def test_large_chunks_are_not_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_module, "CHUNK", 4)
    # 6 rows take two files, 9 take three; 2 + 2 are merged to 4 rows, which stay as they are.
    folder = written(tmp_path / "rows", 6, 4, 2, 2, 2, 9)
    starts = [0, 4, 6, 10, 14, 16, 20, 24]
    assert [int(name[:12]) for name in names(folder)] == starts
    assert np.array_equal(Rows.open(folder, np.float32).all(), counted(0, 25))


def test_of_damaged_rows_the_sound_ones_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_module, "CHUNK", 4)
    folder = written(tmp_path / "rows", 11)
    first, second, third = (folder / name for name in names(folder))
    second.write_bytes(b"")
    rows = Rows.open_sound(folder, np.float32, [first, third])
    assert np.flatnonzero(rows.has(range(-1, 13))).tolist() == [1, 2, 3, 4, 9, 10, 11]
    assert rows.take([10, 0, 8]).tolist() == counted(0, 11)[[10, 0, 8]].tolist()
    assert rows.between(8, 11).tolist() == counted(8, 3).tolist()
    for lost in ([3, 4], [7], [11], [-1]):
        with pytest.raises(IndexError):
            rows.take(lost)
    last = Rows.open_sound(folder, np.float32, {third})
    assert np.flatnonzero(last.has(range(13))).tolist() == [8, 9, 10]
    assert last.take([9]).tolist() == counted(9, 1).tolist()
    assert not Rows.open_sound(folder, np.float32, ()).has(range(13)).any()


def test_what_another_folder_links_to_is_never_written_into(tmp_path: Path) -> None:
    old, new = written(tmp_path / "old", 99, 1), tmp_path / "new"
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in old.iterdir()}
    new.mkdir()
    for path in old.iterdir():
        os.link(path, new / path.name)
    for number in range(100, 120):
        Rows.append(new, counted(number, 1))
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in before} == before
    assert np.array_equal(Rows.open(old, np.float32).all(), counted(0, 100))
    assert np.array_equal(Rows.open(new, np.float32).all(), counted(0, 120))
    assert (old / "000000000000.npy").samefile(new / "000000000000.npy")


@pytest.mark.parametrize("number", [-1, 7])
def test_a_number_that_is_no_rows_is_refused(tmp_path: Path, number: int) -> None:
    for rows in (Rows.of(counted(0, 7)), Rows.open(written(tmp_path / "rows", 6, 1), np.float32)):
        with pytest.raises(IndexError, match="from 0 to 6"):
            rows.take([0, number])


def test_rows_of_another_width_are_refused(tmp_path: Path) -> None:
    folder = written(tmp_path / "rows", 2)
    with pytest.raises(ValueError, match="4 numbers behind some of 3"):
        Rows.append(folder, np.zeros((1, 4), np.float32))
    assert names(folder) == ["000000000000.npy"]


# Damage


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """Rows 0 to 5, 6 to 8 and 9."""
    return written(tmp_path / "rows", 6, 3, 1)


@pytest.mark.parametrize("name", ["000000000000.npy", "000000000006.npy"])
def test_a_missing_chunk_is_damage(three: Path, name: str) -> None:
    (three / name).unlink()
    with pytest.raises(IndexDamaged, match=f"rows' lacks rows from number {int(name[:12])} on"):
        Rows.open(three, np.float32)


def test_chunks_that_overlap_are_damage(three: Path) -> None:
    (three / "000000000006.npy").rename(three / "000000000005.npy")
    with pytest.raises(IndexDamaged, match="from number 6 on"):
        Rows.open(three, np.float32)


def test_a_folder_without_rows_is_damage(tmp_path: Path) -> None:
    with pytest.raises(IndexDamaged, match="nowhere"):
        Rows.open(tmp_path / "nowhere", np.float32)


@pytest.mark.parametrize("data", [b"", b"no numbers at all", None])
def test_a_chunk_of_something_else_is_damage(three: Path, data: bytes | None) -> None:
    path = three / "000000000006.npy"
    path.write_bytes(path.read_bytes()[:-1] if data is None else data)
    with pytest.raises(IndexDamaged, match=r"000000000006\.npy"):
        Rows.open(three, np.float32)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((3, 3)),
        np.zeros((3, 3), np.int8),
        np.zeros((3, 4), np.float32),
        np.zeros(9, np.float32),
    ],
)
def test_numbers_of_another_type_or_shape_are_damage(three: Path, array: Array) -> None:
    np.save(three / "000000000006.npy", array)
    with pytest.raises(IndexDamaged, match=r"000000000006\.npy' does not hold"):
        Rows.open(three, np.float32)


class Unpacked:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.write_text, (self._path, "ran")


def test_no_pickle_is_ever_run(three: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    np.save(three / "000000000006.npy", np.array([Unpacked(trace)], object), allow_pickle=True)
    with pytest.raises(IndexDamaged):
        Rows.open(three, np.float32)
    assert not trace.exists()
