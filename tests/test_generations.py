from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from blake3 import blake3

from tests.conftest import ROOT
from treatment_search import generations, publishing
from treatment_search.bands import BandLimits
from treatment_search.errors import (
    IndexBusy,
    IndexDamaged,
    IndexNotBuilt,
    IndexOutdated,
    NothingToRollBack,
)
from treatment_search.generations import Generation, Manifest
from treatment_search.models import ModelIdentity
from treatment_search.records import DenseRecord
from treatment_search.status import index_status

pytestmark = pytest.mark.usefixtures("uncalibrated")

IDENTITY = ModelIdentity("concepts", "1", "", "")
HOLD_THE_LOCK = """
import sys, time
from pathlib import Path
from treatment_search.publishing import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def publish(index: Path, minute: int, previous: str | None = None) -> Generation:
    """Publish a generation of one small file, made at 10:`minute`."""
    index.mkdir(exist_ok=True)
    staging = publishing.stage(index)
    (staging / "keyword").mkdir()
    (staging / "keyword" / "terms").write_bytes(b"terms")
    (staging / generations.PASSAGES).write_bytes(f"passages of minute {minute:02}".encode())
    manifest = Manifest(
        created=f"2026-11-23T10:{minute:02}:00.000007+00:00",
        previous=previous,
        model=IDENTITY,
        dimensions=8,
        reader_version="r",
        chunker_version="c",
        analyzer_version="a",
        roles_version="o",
        articles=1,
        passages=2,
        changes={"added": 1},
        reference_digest="",
        off_topic=[],
        floor=None,
        bands=BandLimits(),
        whole=3,
        calibrated=0,
        dense=DenseRecord(4, 2, 0.99),
        files={},
    )
    return publishing.publish(index, staging, manifest)


def names(index: Path) -> list[str]:
    return sorted(path.name for path in index.iterdir())


def rewrite_manifest(generation: Generation, **values: object) -> str:
    """Write other values into a live manifest as if it had been made so; return its new name."""
    path = generation.folder / generations.MANIFEST
    content = json.dumps({**json.loads(path.read_text("utf-8")), **values})
    path.write_text(content, "utf-8")
    return rename_by_manifest(generation.folder)


def rename_by_manifest(folder: Path) -> str:
    """Rename a live generation's folder to what its manifest is now; return the name."""
    digest = sha256((folder / generations.MANIFEST).read_bytes()).hexdigest()[:8]
    name = f"{folder.name[:-8]}{digest}"
    folder.rename(folder.with_name(name))
    (folder.parent / generations.CURRENT).write_text(f"{name}\n", "ascii")
    return name


@contextmanager
def another_ingest(index: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock of `index`."""
    command = [sys.executable, "-c", HOLD_THE_LOCK, str(index)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_published_generation_is_live_and_named_by_its_time(index: Path) -> None:
    generation = publish(index, 5)
    assert generation.name.startswith("g-20261123T100500000007Z-")
    assert (index / generations.CURRENT).read_text("ascii") == f"{generation.name}\n"
    assert generations.live_generation(index) == generation
    assert names(index) == [generations.CURRENT, generation.name]


def test_the_manifest_holds_the_size_and_digest_of_every_file(index: Path) -> None:
    manifest = publish(index, 5).manifest
    assert manifest.model == IDENTITY
    assert sorted(manifest.files) == ["keyword/terms", "passages.sqlite"]
    assert manifest.files["keyword/terms"].bytes == 5
    assert manifest.files["keyword/terms"].blake3 == blake3(b"terms").hexdigest()


def test_what_was_published_reads_the_same_from_the_disk(index: Path) -> None:
    generation = publish(index, 5)
    assert generations.open_generation(index, generation.name) == generation
    generation.check_contents()


def test_no_index_is_said_with_the_command_that_makes_one(index: Path) -> None:
    with pytest.raises(IndexNotBuilt, match=r"Run: python ingest\.py") as caught:
        generations.live_generation(index)
    assert str(index) in str(caught.value)


def test_a_file_where_the_index_should_be_is_no_index(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("a file", "utf-8")
    with pytest.raises(IndexNotBuilt):
        generations.live_generation(tmp_path / "index")


@pytest.mark.parametrize(
    "content", ["", "\n", "rubbish", "../../etc", "g-1-2", "g-20261123T100500000007Z-abcdefgh"]
)
def test_rubbish_in_current_is_damage(index: Path, content: str) -> None:
    publish(index, 5)
    (index / generations.CURRENT).write_text(content, "utf-8")
    with pytest.raises(IndexDamaged, match="CURRENT"):
        generations.live_generation(index)


def test_bytes_that_are_no_text_in_current_are_damage(index: Path) -> None:
    publish(index, 5)
    (index / generations.CURRENT).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(IndexDamaged, match="CURRENT"):
        generations.live_generation(index)


def test_current_naming_no_folder_is_damage(index: Path) -> None:
    first = publish(index, 1)
    shutil.rmtree(publish(index, 2, previous=first.name).folder)
    with pytest.raises(IndexDamaged, match=r"CURRENT' names g-.*, which is not there"):
        generations.live_generation(index)
    assert publishing.roll_back(index) == first


def test_a_missing_file_is_found_on_opening(index: Path) -> None:
    generation = publish(index, 5)
    (generation.folder / "keyword" / "terms").unlink()
    with pytest.raises(IndexDamaged, match="terms' is missing"):
        generations.live_generation(index)


def test_another_size_is_found_on_opening(index: Path) -> None:
    generation = publish(index, 5)
    (generation.folder / "keyword" / "terms").write_bytes(b"terms!")
    with pytest.raises(IndexDamaged, match="terms' is 6 bytes, not 5"):
        generations.live_generation(index)


def test_one_changed_byte_is_found_by_checking_the_contents(index: Path) -> None:
    generation = publish(index, 5)
    (generation.folder / "keyword" / "terms").write_bytes(b"tErms")
    live = generations.live_generation(index)  # the sizes are as they were
    with pytest.raises(IndexDamaged, match="terms' has changed on disk"):
        live.check_contents()
    with pytest.raises(IndexDamaged, match="terms"):
        index_status(index)


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '{"format_version": 4}'])
def test_a_manifest_that_is_none_is_not_opened(index: Path, content: str) -> None:
    generation = publish(index, 5)
    (generation.folder / generations.MANIFEST).write_text(content, "utf-8")
    with pytest.raises(IndexDamaged, match=generation.name):
        generations.live_generation(index)
    name = rename_by_manifest(generation.folder)
    with pytest.raises((IndexDamaged, IndexOutdated), match=name):
        generations.live_generation(index)


def test_another_format_version_is_outdated_and_both_are_told(index: Path) -> None:
    generation = publish(index, 5)
    rewrite_manifest(generation, format_version=99)
    with pytest.raises(
        IndexOutdated, match=f"format 99, this program writes {generations.FORMAT_VERSION}"
    ):
        generations.live_generation(index)


def test_a_changed_manifest_is_found_on_opening(index: Path) -> None:
    generation = publish(index, 5)
    path = generation.folder / generations.MANIFEST
    path.write_text(path.read_text("utf-8").replace("concepts", "concepta"), "utf-8")
    with pytest.raises(IndexDamaged, match=r"manifest\.json' has changed on disk"):
        generations.live_generation(index)


def test_current_lost_beside_generations_is_damage(index: Path) -> None:
    first = publish(index, 1)
    (index / generations.CURRENT).unlink()
    with pytest.raises(IndexDamaged, match="CURRENT' is missing"):
        generations.live_generation(index)
    assert publishing.roll_back(index) == first


def test_the_model_is_known_from_any_manifest_that_names_it(index: Path) -> None:
    first = publish(index, 1)
    second = publish(index, 2, previous=first.name)
    assert generations.model_name(index) == "concepts"
    (index / generations.CURRENT).unlink()
    (second.folder / generations.MANIFEST).write_bytes(b"[]")
    assert generations.model_name(index) == "concepts"
    (first.folder / generations.MANIFEST).unlink()
    assert generations.model_name(index) is None
    assert generations.model_name(index / "nowhere") is None


def test_a_manifest_without_a_part_is_damage(index: Path) -> None:
    generation = publish(index, 5)
    rewrite_manifest(generation, model={"name": "only"})
    with pytest.raises(IndexDamaged, match="manifest"):
        generations.live_generation(index)


def test_the_generation_before_is_kept_and_older_ones_are_pruned(index: Path) -> None:
    first = publish(index, 1)
    second = publish(index, 2, previous=first.name)
    third = publish(index, 3, previous=second.name)
    assert names(index) == [generations.CURRENT, second.name, third.name]
    assert generations.previous_name(index) == second.name
    assert index_status(index).previous == second.name


def test_other_things_in_the_folder_are_left_alone(index: Path) -> None:
    index.mkdir()
    (index / "notes.txt").write_text("mine", "utf-8")
    (index / "g-mine").mkdir()
    publish(index, 1)
    publish(index, 2)
    assert {"notes.txt", "g-mine"} <= set(names(index))


def test_rolling_back_makes_the_generation_before_live(index: Path) -> None:
    first = publish(index, 1)
    second = publish(index, 2, previous=first.name)
    assert publishing.roll_back(index) == first
    assert generations.live_generation(index) == first
    assert second.folder.is_dir()


def test_rolling_back_twice_has_nothing_left(index: Path) -> None:
    first = publish(index, 1)
    publish(index, 2, previous=first.name)
    publishing.roll_back(index)
    with pytest.raises(NothingToRollBack, match="no previous generation"):
        publishing.roll_back(index)
    assert generations.live_generation(index) == first


def test_a_generation_pruned_cannot_be_rolled_back_to(index: Path) -> None:
    first = publish(index, 1)
    second = publish(index, 2, previous=first.name)
    publish(index, 3, previous=second.name)
    assert publishing.roll_back(index) == second
    with pytest.raises(NothingToRollBack):
        publishing.roll_back(index)
    assert index_status(index).previous is None


def test_rolling_back_from_a_damaged_generation_works(index: Path) -> None:
    first = publish(index, 1)
    second = publish(index, 2, previous=first.name)
    (second.folder / generations.MANIFEST).unlink()
    assert publishing.roll_back(index) == first


def test_rolling_back_from_rubbish_in_current_takes_the_newest(index: Path) -> None:
    first = publish(index, 1)
    second = publish(index, 2, previous=first.name)
    (index / generations.CURRENT).write_text("rubbish", "utf-8")
    assert publishing.roll_back(index) == second


def test_rolling_back_to_a_damaged_generation_is_refused(index: Path) -> None:
    first = publish(index, 1)
    second = publish(index, 2, previous=first.name)
    (first.folder / "keyword" / "terms").write_bytes(b"tErms")
    with pytest.raises(IndexDamaged, match="changed on disk"):
        publishing.roll_back(index)
    assert generations.live_generation(index) == second


def test_rolling_back_where_nothing_is_makes_no_folder(index: Path) -> None:
    with pytest.raises(IndexNotBuilt):
        publishing.roll_back(index)
    assert not index.exists()


def test_a_second_ingest_is_told_who_holds_the_index(index: Path) -> None:
    with another_ingest(index) as holder:
        assert publishing.ingest_running(index)
        with pytest.raises(IndexBusy, match=f"process {holder.pid}, since 20"):  # noqa: SIM117
            with publishing.locked(index):
                pytest.fail("two ingests hold one index")
    # The holder was killed: its note is still there, its lock is not.
    assert not publishing.ingest_running(index)
    with publishing.locked(index):
        assert publishing.ingest_running(index)
    assert not publishing.ingest_running(index)


def test_no_ingest_runs_where_there_is_no_index(index: Path) -> None:
    assert not publishing.ingest_running(index)
    assert not index.exists()


def test_the_lock_is_free_after_an_error(index: Path) -> None:
    with pytest.raises(KeyError), publishing.locked(index):
        raise KeyError("anything")
    with publishing.locked(index):
        pass


def test_what_a_killed_ingest_left_is_removed_by_the_next(index: Path) -> None:
    index.mkdir()
    left = index / ".staging-12345"
    left.mkdir()
    (left / "half").write_bytes(b"half")
    (index / "CURRENT.new").write_bytes(b"g-2026")
    (index / "ingest.lock.holder").write_bytes(b"process 12345, since")
    with publishing.locked(index):
        assert names(index) == ["ingest.lock", "ingest.lock.holder"]
        assert list(publishing.stage(index).iterdir()) == []


def test_what_was_not_published_is_gone_when_the_lock_is(index: Path) -> None:
    with pytest.raises(KeyError), publishing.locked(index):
        (publishing.stage(index) / "half").write_bytes(b"half")
        raise KeyError("anything")
    assert names(index) == ["ingest.lock"]


def test_a_staged_folder_is_not_live(index: Path) -> None:
    generation = publish(index, 1)
    (publishing.stage(index) / generations.PASSAGES).write_bytes(b"half")
    assert generations.live_generation(index) == generation
