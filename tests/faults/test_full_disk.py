"""The disk takes no more, or nothing at all: one line says so, and the index answers on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.faults.children import drop_privileges, in_a_child, with_small_files
from tests.faults.editions import Folders, answered, assert_clean, assert_sound
from treatment_search import generations
from treatment_search.dense import DenseIndex
from treatment_search.lexical import KeywordIndex
from treatment_search.sentence_vectors import SentenceVectors


def test_no_file_may_grow_beyond_a_limit(folders: Folders) -> None:
    staying = folders.engine()
    files = generations.live_generation(folders.index).manifest.files
    limits = sorted({record.bytes - 1 for record in files.values() if record.bytes})
    assert len(limits) > 5
    for edition, limit in enumerate((0, *limits), 1):
        folders.write(edition)
        assert with_small_files(folders.ingest, limit) == 1, limit
        assert answered(staying) == answered(folders.engine()) == 0
        assert_sound(folders.index)
        assert not any(folders.index.glob(".staging-*"))  # a full disk is free again
    folders.ingest()
    assert_clean(folders.index)
    assert answered(staying) == len(limits) + 1
    print(f"\nfull disk: {len(limits) + 1} faults, 0 lost, 0 mixed")


@pytest.mark.parametrize("limit", [0, 50, 200, 400])
def test_a_keyword_index_that_does_not_fit_is_said(tmp_path: Path, limit: int) -> None:
    one = (["needle"], ["calf"])
    assert with_small_files(partial(KeywordIndex.build, tmp_path / "k", [one]), limit) == 1


def amended_words(folder: Path) -> None:
    KeywordIndex.amend(folder, [3], [(n, [f"word{n}"], []) for n in range(50, 90)])


def amended_vectors(folder: Path) -> None:
    DenseIndex.amend(folder, [3], np.eye(384, dtype=np.float32)[:90], lists_from=50)


def amended_sentences(folder: Path) -> None:
    more = SentenceVectors.of_passages([np.ones((40, 384), np.int8)], 384)
    SentenceVectors.amend(folder, more)


@pytest.mark.parametrize("amended", [amended_words, amended_vectors, amended_sentences])
def test_a_change_that_does_not_fit_is_said(
    tmp_path: Path, amended: Callable[[Path], None]
) -> None:
    folder = tmp_path / "before"
    if amended is amended_words:
        KeywordIndex.build(folder, [([f"word{n}"], []) for n in range(50)])
    elif amended is amended_vectors:
        vectors = np.eye(384, dtype=np.float32)[300:360]
        DenseIndex.build(vectors, lists_from=50).save(folder)
    else:
        SentenceVectors.of_passages([np.ones((1, 384), np.int8)], 384).save(folder)
    before = {path: path.read_bytes() for path in files_of(folder)}
    done = tmp_path / "done"
    shutil.copytree(folder, done)
    amended(done)
    # The last byte of each new file is one too many.
    new = [path.read_bytes() for path in files_of(done)]
    limits = sorted({0, *(len(data) - 1 for data in new if data not in before.values())})
    assert len(limits) >= 3
    for limit in limits:
        staged = tmp_path / str(limit)
        shutil.copytree(folder, staged, copy_function=os.link)
        assert with_small_files(partial(amended, staged), limit) == 1, limit
    assert {path: path.read_bytes() for path in before} == before


def files_of(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file() and not p.name.endswith(".lock")]


def test_a_read_only_folder_answers_and_refuses_the_ingest(folders: Folders) -> None:
    folders.write(1)
    writable = [folders.index, *(p for p in folders.index.rglob("*") if p.is_dir())]
    folders.index.parent.chmod(0o755)
    for folder in writable:
        folder.chmod(0o555)
    assert in_a_child(partial(answers_and_refuses, folders)) == 0
    for folder in writable:
        folder.chmod(0o755)
    folders.ingest()
    assert_clean(folders.index)
    assert answered(folders.engine()) == 1


def answers_and_refuses(folders: Folders) -> None:
    assert answered(folders.engine()) == 0  # whatever is imported may be out of reach later
    drop_privileges()
    assert not os.access(folders.index, os.W_OK)
    for _ in range(2):
        with pytest.raises(PermissionError):
            folders.ingest()
        assert answered(folders.engine()) == 0
    assert_sound(folders.index)
