"""Each file of an index is damaged in each way: it is named, and the generation before answers."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.editions import FAULTS, Folders, answered, assert_clean
from treatment_search import generations, publishing
from treatment_search.errors import IndexDamaged
from treatment_search.reporting import as_json, as_text
from treatment_search.status import index_status

DENSE = f"{generations.DENSE}/numbers.npy"
WAY_OUT = (
    "Run: python ingest.py, which builds the index anew, or python -m treatment_search rollback"
)


def cut_short(path: Path) -> None:
    put(path, path.read_bytes()[: path.stat().st_size // 2])


def emptied(path: Path) -> None:
    put(path, b"")


def one_bit_turned(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0x04
    put(path, data)


def put(path: Path, data: bytes) -> None:
    """Put other bytes in a file's place: cutting short a file that is mapped ends the process."""
    path.unlink()
    path.write_bytes(data)


def lost(path: Path) -> None:
    path.unlink()


WAYS: tuple[Callable[[Path], None], ...] = (cut_short, emptied, one_bit_turned, lost)


def files_of(folders: Folders) -> list[str]:
    """Return CURRENT and the files of the live generation, below the index folder."""
    folder = generations.live_generation(folders.index).folder
    whole = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size]
    return [generations.CURRENT, *(str(path.relative_to(folders.index)) for path in whole)]


@contextmanager
def a_copy(folders: Folders) -> Iterator[Folders]:
    with tempfile.TemporaryDirectory(dir=folders.index.parent) as folder:
        shutil.copytree(folders.index, Path(folder, "index"))
        yield replace(folders, index=Path(folder, "index"))


@pytest.fixture
def open_before(folders: Folders) -> Folders:
    assert answered(folders.engine()) == 0
    return folders


def test_each_file_may_be_damaged(open_before: Folders) -> None:
    files = files_of(open_before)
    assert len(files) > 15
    struck = 0
    for file in files:
        mended = WAYS[files.index(file) % len(WAYS)]
        # Reading does not know how a file was written: there the ways take turns.
        for damage in (mended,) if open_before.amended and FAULTS < 1000 else WAYS:
            struck += 1
            with a_copy(open_before) as folders:
                staying = folders.engine()
                assert answered(staying) == 0
                damage(folders.index / file)
                with pytest.raises(IndexDamaged) as caught:
                    index_status(folders.index)
                assert str(folders.index / file) in str(caught.value)
                assert str(caught.value).endswith(WAY_OUT)
                # The newest sound generation: with CURRENT lost that is the live one itself.
                stands_in = 0 if file == generations.CURRENT else -1
                engine = folders.engine()
                assert answered(engine, damaged=True) == stands_in
                assert str(folders.index / file) in str(engine.warning)
                if damage is mended:
                    report = folders.ingest()
                    assert str(folders.index / file) in str(report.rebuilt)
                    assert WAY_OUT not in str(report.rebuilt)
                    assert answered(engine) == answered(staying) == 0
                    assert_clean(folders.index)
    print(f"\ndamaged files: {struck} faults, 0 lost, 0 mixed")


def test_rolling_back_from_damage_works_while_an_engine_is_open(folders: Folders) -> None:
    staying = folders.engine()
    assert answered(staying) == 0
    lost(generations.live_generation(folders.index).folder / DENSE)
    fresh = folders.engine()
    assert answered(fresh, damaged=True) == -1
    publishing.roll_back(folders.index)
    assert answered(staying) == answered(fresh) == -1


def test_two_damaged_generations_answer_nothing_and_an_ingest_mends_them(folders: Folders) -> None:
    names = generations.generation_names(folders.index)
    for name in names:
        cut_short(folders.index / name / generations.PASSAGES)
    engine = folders.engine()
    with pytest.raises(IndexDamaged, match=f"{names[0]}.*{generations.PASSAGES}") as caught:
        engine.search("needle")
    assert str(caught.value).endswith(WAY_OUT)
    folders.ingest()
    assert answered(engine) == 0


def test_the_search_command_says_what_is_damaged(folders: Folders) -> None:
    lost(generations.live_generation(folders.index).folder / DENSE)
    result = folders.engine().search("needle")
    assert DENSE in as_json(result)["warning"]
    assert as_text(result).startswith(f"Warning: {result.warning}\n")


def test_a_file_damaged_under_an_open_engine_is_replaced_at_the_same_question(
    folders: Folders,
) -> None:
    engine = folders.engine()
    path = generations.live_generation(folders.index).folder / generations.PASSAGES
    assert engine.titles(1)
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    assert answered(engine, damaged=True) == -1
    assert generations.PASSAGES in str(engine.warning)
