from __future__ import annotations

import os
import shutil
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treatment_search.errors import IndexDamaged
from treatment_search.sentence_vectors import SentenceVectors
from treatment_search.vectors import SmallVectors, unit


def small(*rows: list[int]) -> SmallVectors:
    return np.array(rows, np.int8).reshape(len(rows), -1)


FILES = ["rows/000000000000.npy", "starts.npy"]
# Three passages: of two sentences, of none, of one.
PASSAGES = [small([127, 0], [60, 80]), np.empty((0, 2), np.int8), small([0, -127])]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "sentences"
    SentenceVectors.of_passages(PASSAGES, 2).save(path)
    return path


def test_each_passage_has_its_own_sentences_in_order() -> None:
    vectors = SentenceVectors.of_passages(PASSAGES, 2)
    assert len(vectors) == 3
    assert [vectors.rows(n).tolist() for n in range(3)] == [[[127, 0], [60, 80]], [], [[0, -127]]]


def test_what_was_saved_comes_back(path: Path) -> None:
    opened = SentenceVectors.open(path)
    assert len(opened) == 3
    assert [opened.rows(n).tolist() for n in range(3)] == [rows.tolist() for rows in PASSAGES]
    assert sorted(p.relative_to(path).as_posix() for p in path.rglob("*.npy")) == FILES


def test_a_question_is_compared_with_each_sentence_of_one_passage(path: Path) -> None:
    opened = SentenceVectors.open(path)
    question = np.array([1, 0], np.float32)
    (two, none) = opened.cosines_of([0, 1], question)
    assert two == pytest.approx([1.0, 0.6])
    assert none == []
    diagonal = np.array([1, 1], np.float32) / np.float32(sqrt(2))
    assert opened.cosines_of([2], diagonal) == [pytest.approx([-1 / sqrt(2)])]


def test_vectors_of_several_passages_are_unit_rows_in_the_order_asked_for(path: Path) -> None:
    found = SentenceVectors.open(path).vectors([2, 1, 0])
    assert found == pytest.approx(np.array([[0, -1], [1, 0], [0.6, 0.8]]))
    assert found.dtype == np.float32


def passages_of(counts: list[int], seed: int) -> list[SmallVectors]:
    """Passages of so many sentences, each of 384 numbers."""
    random = np.random.default_rng(seed)
    return [random.integers(-127, 128, size=(n, 384)).astype(np.int8) for n in counts]


def test_many_passages_at_once_give_the_cosines_of_one_at_a_time_to_the_last_bit() -> None:
    counts = [1, 2, 3, 0, 5, 7, 8, 11, 4, 13]
    vectors = SentenceVectors.of_passages(passages_of(counts, 1), 384)
    question = unit(np.random.default_rng(2).normal(size=(1, 384)).astype(np.float32))[0]
    asked = [9, 3, 0, 5, 5, 7, 1, 2, 4, 6, 8]
    together = vectors.cosines_of(asked, question)
    assert [len(cosines) for cosines in together] == [counts[n] for n in asked]
    assert together == [vectors.cosines_of([n], question)[0] for n in asked]
    alone = [unit(vectors.rows(n).astype(np.float32)) @ question for n in asked]
    assert together == [cosines.tolist() for cosines in alone]
    assert vectors.cosines_of([], question) == []


def test_vectors_of_no_passages_are_none(path: Path) -> None:
    assert SentenceVectors.open(path).vectors([]).shape == (0, 2)
    assert SentenceVectors.open(path).vectors([1]).shape == (0, 2)


# Amended


def these(*passages: SmallVectors) -> SentenceVectors:
    return SentenceVectors.of_passages(passages, 2)


def test_passages_are_added_behind_those_that_were_there(path: Path) -> None:
    SentenceVectors.amend(path, these(small([5, 6], [7, 8], [9, 1]), np.empty((0, 2), np.int8)))
    SentenceVectors.amend(path, these())
    SentenceVectors.amend(path, these(small([3, 4])))
    opened = SentenceVectors.open(path)
    assert len(opened) == 6
    assert [opened.rows(n).tolist() for n in range(6)] == [
        [[127, 0], [60, 80]],
        [],
        [[0, -127]],
        [[5, 6], [7, 8], [9, 1]],
        [],
        [[3, 4]],
    ]
    assert opened.vectors([5, 1, 2]) == pytest.approx(np.array([[0.6, 0.8], [0, -1]]))


@given(
    counts=st.lists(st.integers(0, 6), max_size=8),
    added=st.lists(st.lists(st.integers(0, 6), max_size=5), max_size=6),
)
@settings(max_examples=30, deadline=None)
def test_amended_is_what_it_would_be_written_anew(
    tmp_path_factory: pytest.TempPathFactory, counts: list[int], added: list[list[int]]
) -> None:
    every = passages_of([*counts, *(n for some in added for n in some)], 3)
    path = tmp_path_factory.mktemp("any") / "sentences"
    SentenceVectors.of_passages(every[: len(counts)], 384).save(path)
    first = len(counts)
    for some in added:
        SentenceVectors.amend(path, these(*every[first : first + len(some)]))
        first += len(some)
    opened, anew = SentenceVectors.open(path), SentenceVectors.of_passages(every, 384)
    assert len(opened) == len(every)
    asked = list(range(len(every)))[::-2]
    question = unit(np.ones((1, 384), np.float32))[0]
    assert opened.cosines_of(asked, question) == anew.cosines_of(asked, question)
    assert opened.vectors(asked).tobytes() == anew.vectors(asked).tobytes()


def test_the_generation_before_keeps_its_bytes_and_answers_as_before(path: Path) -> None:
    states = []
    folder = path
    for number in range(10):
        files = list(folder.rglob("*.npy"))
        states += [(file, file.read_bytes(), file.stat().st_mtime_ns) for file in files]
        new = path.with_name(f"sentences{number}")
        shutil.copytree(folder, new, copy_function=os.link)
        SentenceVectors.amend(new, these(small([number, 1])))
        folder = new
    assert [(f, f.read_bytes(), f.stat().st_mtime_ns) for f, _, _ in states] == states
    old, last = SentenceVectors.open(path), SentenceVectors.open(folder)
    assert [old.rows(n).tolist() for n in range(len(old))] == [p.tolist() for p in PASSAGES]
    assert [last.rows(n).tolist() for n in range(3, 13)] == [[[n, 1]] for n in range(10)]


def test_a_model_without_sentence_vectors_has_no_cosines(tmp_path: Path) -> None:
    # Three sentences whose vectors have no numbers: the file is as good as any other.
    path = tmp_path / "sentences"
    SentenceVectors.of_passages([np.empty((3, 0), np.int8)], 0).save(path)
    opened = SentenceVectors.open(path)
    assert len(opened) == 1
    assert opened.rows(0).shape == (3, 0)
    assert opened.cosines_of([0], np.array([1, 0], np.float32)) == [[]]


def test_no_passages_are_saved_as_well(tmp_path: Path) -> None:
    path = tmp_path / "sentences"
    SentenceVectors.of_passages([], 8).save(path)
    assert len(SentenceVectors.open(path)) == 0


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("data", [b"", b"no numbers at all", None])
def test_a_damaged_or_missing_file_is_said(path: Path, name: str, data: bytes | None) -> None:
    broken = path / name
    if data is None:
        broken.unlink()
    else:
        broken.write_bytes(data)
    with pytest.raises(IndexDamaged, match=f"{Path(name).parts[0]}.*(cannot be read|lacks)"):
        SentenceVectors.open(path)


def test_a_file_that_ends_early_is_damaged(path: Path) -> None:
    for name in FILES:
        data = (path / name).read_bytes()
        (path / name).write_bytes(data[:-3])
        with pytest.raises(IndexDamaged, match=name):
            SentenceVectors.open(path)
        (path / name).write_bytes(data)
    assert len(SentenceVectors.open(path)) == 3


@pytest.mark.parametrize("starts", [[0, 2, 2, 4], [1, 2, 2, 3], [0, 2, 2], [], [[0, 3]]])
def test_starts_that_do_not_fit_the_rows_are_damaged(path: Path, starts: list[int]) -> None:
    np.save(path / "starts.npy", np.array(starts, np.int64))
    with pytest.raises(IndexDamaged, match="belong together"):
        SentenceVectors.open(path)


class Unpacked:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.write_text, (self._path, "ran")


@pytest.mark.parametrize("name", FILES)
def test_no_pickle_is_ever_run(path: Path, name: str) -> None:
    trace = path.with_name("trace")
    np.save(path / name, np.array([Unpacked(trace)], object), allow_pickle=True)
    with pytest.raises(IndexDamaged):
        SentenceVectors.open(path)
    assert not trace.exists()
