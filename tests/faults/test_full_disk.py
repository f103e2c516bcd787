"""The disk takes no more, or nothing at all: one line says so, and the index answers on."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from tests.faults.children import with_small_files
from tests.faults.editions import Folders, answered, assert_clean
from treatment_search import generations
from treatment_search.lexical import KeywordIndex


def test_no_file_may_grow_beyond_a_limit(folders: Folders) -> None:
    staying = folders.engine()
    files = generations.live_generation(folders.index).manifest.files
    limits = sorted({record.bytes - 1 for record in files.values() if record.bytes})
    assert len(limits) > 5
    for edition, limit in enumerate((0, *limits), 1):
        folders.write(edition)
        assert with_small_files(folders.ingest, limit) == 1, limit
        assert answered(staying) == answered(folders.engine()) == 0
        assert not any(folders.index.glob(".staging-*"))  # a full disk is free again
    folders.ingest()
    assert_clean(folders.index)
    assert answered(staying) == len(limits) + 1
    print(f"\nfull disk: {len(limits) + 1} faults, 0 lost, 0 mixed")


@pytest.mark.parametrize("limit", [0, 50, 200, 400])
def test_a_keyword_index_that_does_not_fit_is_said(tmp_path: Path, limit: int) -> None:
    one = (["needle"], ["calf"])
    assert with_small_files(partial(KeywordIndex.build, tmp_path / "k", [one]), limit) == 1


def test_a_read_only_folder_answers_and_refuses_the_ingest(folders: Folders) -> None:
    writable = [folders.index, *(p for p in folders.index.rglob("*") if p.is_dir())]
    folders.write(1)
    for folder in writable:
        folder.chmod(0o555)
    try:
        if os.access(folders.index, os.W_OK):
            pytest.skip("this user may write everywhere")
        with pytest.raises(PermissionError):
            folders.ingest()
        assert answered(folders.engine()) == 0
    finally:
        for folder in writable:
            folder.chmod(0o755)
    folders.ingest()
    assert_clean(folders.index)
    assert answered(folders.engine()) == 1
