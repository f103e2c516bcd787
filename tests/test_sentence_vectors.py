from __future__ import annotations

from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from treatment_search.errors import IndexDamaged
from treatment_search.sentence_vectors import SentenceVectors
from treatment_search.vectors import SmallVectors


def small(*rows: list[int]) -> SmallVectors:
    return np.array(rows, np.int8).reshape(len(rows), -1)


# Three passages: of two sentences, of none, of one.
PASSAGES = [small([127, 0], [60, 80]), np.empty((0, 2), np.int8), small([0, -127])]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "sentences.npy"
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
    assert sorted(file.name for file in path.parent.iterdir()) == [
        "sentences.npy",
        "sentences_starts.npy",
    ]


def test_a_question_is_compared_with_each_sentence_of_one_passage(path: Path) -> None:
    opened = SentenceVectors.open(path)
    question = np.array([1, 0], np.float32)
    assert opened.cosines(0, question) == pytest.approx([1.0, 0.6])
    assert opened.cosines(1, question) == []
    diagonal = np.array([1, 1], np.float32) / np.float32(sqrt(2))
    assert opened.cosines(2, diagonal) == pytest.approx([-1 / sqrt(2)])


def test_vectors_of_several_passages_are_unit_rows_in_the_order_asked_for(path: Path) -> None:
    found = SentenceVectors.open(path).vectors([2, 1, 0])
    assert found == pytest.approx(np.array([[0, -1], [1, 0], [0.6, 0.8]]))
    assert found.dtype == np.float32


def test_a_model_without_sentence_vectors_has_no_cosines(tmp_path: Path) -> None:
    # Three sentences whose vectors have no numbers: the file is as good as any other.
    path = tmp_path / "sentences.npy"
    SentenceVectors.of_passages([np.empty((3, 0), np.int8)], 0).save(path)
    opened = SentenceVectors.open(path)
    assert len(opened) == 1
    assert opened.rows(0).shape == (3, 0)
    assert opened.cosines(0, np.array([1, 0], np.float32)) == []


def test_no_passages_are_saved_as_well(tmp_path: Path) -> None:
    path = tmp_path / "sentences.npy"
    SentenceVectors.of_passages([], 8).save(path)
    assert len(SentenceVectors.open(path)) == 0


@pytest.mark.parametrize("name", ["sentences.npy", "sentences_starts.npy"])
@pytest.mark.parametrize("data", [b"", b"no numbers at all", None])
def test_a_damaged_or_missing_file_is_said(path: Path, name: str, data: bytes | None) -> None:
    broken = path.with_name(name)
    if data is None:
        broken.unlink()
    else:
        broken.write_bytes(data)
    with pytest.raises(IndexDamaged, match=r"sentences\.npy' cannot be read"):
        SentenceVectors.open(path)


def test_a_file_that_ends_early_is_damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(IndexDamaged, match=r"sentences\.npy"):
        SentenceVectors.open(path)


class Unpacked:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.write_text, (self._path, "ran")


@pytest.mark.parametrize("name", ["sentences.npy", "sentences_starts.npy"])
def test_no_pickle_is_ever_run(path: Path, name: str) -> None:
    trace = path.with_name("trace")
    np.save(path.with_name(name), np.array([Unpacked(trace)], object), allow_pickle=True)
    with pytest.raises(IndexDamaged):
        SentenceVectors.open(path)
    assert not trace.exists()
