"""What an index folder remembers, and what status makes of it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from tests.concepts import ConceptEncoder
from treatment_search import generations, publishing
from treatment_search.history import HISTORY, UNREAD, Published, history, remember, unread_files
from treatment_search.ingestion import ingest
from treatment_search.records import FileNote
from treatment_search.reporting import as_json, as_text
from treatment_search.status import MOST_PUBLISHED, CorpusStatus, index_status

pytestmark = pytest.mark.usefixtures("uncalibrated")

Write = Callable[[str, str], Path]

ONE = Published("g-1", "2026-11-23T10:05:00", 3, 5, {"added": 3}, 5, 1.25, "concepts")
UNCHANGED = {"added": 0, "changed": 0, "removed": 0, "unchanged": 3, "moved": 0}


def test_what_was_published_comes_back_in_order(tmp_path: Path) -> None:
    two = replace(ONE, generation="g-2", changes={"added": 0, "moved": 1})
    remember(tmp_path, ONE)
    remember(tmp_path, two)
    assert history(tmp_path) == [ONE, two]
    assert (tmp_path / HISTORY).read_text("utf-8").count("\n") == 2


@pytest.mark.parametrize(
    "torn", [b'{"generation": "g-', b"", b"[]", b"3", b"\xff", b'{"generation": "g-9"}']
)
def test_a_torn_line_is_passed_over_and_costs_no_other(tmp_path: Path, torn: bytes) -> None:
    remember(tmp_path, ONE)
    with (tmp_path / HISTORY).open("ab") as file:
        file.write(torn)
    assert history(tmp_path) == [ONE]
    remember(tmp_path, ONE)
    assert history(tmp_path) == [ONE, ONE]


def test_no_history_is_an_empty_one(tmp_path: Path) -> None:
    assert history(tmp_path) == []
    assert unread_files(tmp_path) == {}
    (tmp_path / UNREAD).write_text("[", "utf-8")
    assert unread_files(tmp_path) == {}


def test_each_publish_adds_a_line_and_nothing_else_does(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    first = ingest(corpus, index, encoder)
    ingest(corpus, index, encoder)
    ingest(corpus, index, encoder, dry_run=True)
    (corpus / "needling.md").rename(corpus / "needles.md")
    write("new.md", "# Taping\n\nTape the foot.\n")
    second = ingest(corpus, index, encoder)
    one, two = history(index)
    assert (one.generation, one.articles, one.passages, one.embedded) == (
        first.generation,
        3,
        5,
        5,
    )
    assert (two.generation, two.articles, two.passages, two.embedded) == (
        second.generation,
        4,
        6,
        1,
    )
    assert two.changes == {"added": 1, "changed": 0, "removed": 0, "unchanged": 2, "moved": 1}
    assert two.created == generations.live_generation(index).manifest.created
    assert two.model == "concepts"
    assert 0 < two.seconds <= second.seconds


def test_a_history_that_cannot_be_written_stops_no_ingest(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    (index / HISTORY).mkdir(parents=True)
    report = ingest(corpus, index, encoder)
    assert generations.current_name(index) == report.generation
    (status,) = index_status(index).generations
    assert (status.generation, status.seconds) == (report.generation, None)


# Status


def test_status_tells_of_both_generations_and_which_is_live(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    first = ingest(corpus, index, encoder)
    write("new.md", "# Taping\n\nTape the foot.\n")
    second = ingest(corpus, index, encoder)
    publishing.roll_back(index)
    newer, older = index_status(index).generations
    assert (newer.generation, newer.is_live) == (second.generation, False)
    assert (older.generation, older.is_live) == (first.generation, True)
    assert (newer.articles, older.articles) == (4, 3)
    assert [one.seconds for one in history(index)] == [older.seconds, newer.seconds]
    files = (path for path in (index / newer.generation).rglob("*") if path.is_file())
    assert newer.bytes_on_disk == sum(path.stat().st_size for path in files)


def test_only_two_generations_stay_and_the_history_goes_on(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    made = []
    for number in range(4):
        write(f"new{number}.md", f"# Taping {number}\n\nTape the foot.\n")
        made.append(ingest(corpus, index, encoder).generation)
    status = index_status(index)
    assert [one.generation for one in status.generations] == made[:1:-1]
    assert [one.generation for one in status.history] == made[::-1]


def test_the_newest_of_a_long_history_are_told(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    index.mkdir()
    for number in range(MOST_PUBLISHED + 3):
        remember(index, replace(ONE, generation=f"g-{number}"))
    live = ingest(corpus, index, encoder).generation
    told = [one.generation for one in index_status(index).history]
    assert told == [live, *(f"g-{number}" for number in range(MOST_PUBLISHED + 2, 3, -1))]


def test_a_generation_that_cannot_be_opened_is_told_with_why(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    first = ingest(corpus, index, encoder).generation
    write("new.md", "# Taping\n\nTape the foot.\n")
    ingest(corpus, index, encoder)
    (index / first / generations.MANIFEST).write_text('{"format_version": 1}', "utf-8")
    status = index_status(index)
    assert "has changed on disk" in (status.generations[1].problem or "")
    assert status.generations[1].articles is None
    assert f"  {first}, " in as_text(status)


def test_a_corpus_as_it_was_ingested_has_not_changed(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    ingest(corpus, index, encoder)
    os.utime(corpus / "needling.md", (1, 1))
    status = index_status(index, corpus)
    assert status.corpus == CorpusStatus(str(corpus), UNCHANGED)
    assert f"Articles: '{corpus}' is as it was ingested" in as_text(status).split("\n")
    assert index_status(index).corpus is None


def test_what_changed_in_the_corpus_since_is_counted(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    ingest(corpus, index, encoder)
    write("new.md", "# Taping\n\nTape the foot.\n")
    (corpus / "needling.md").rename(corpus / "needles.md")
    write("stretching.md", "# Stretching\n\nStretch the calf.\n")
    (corpus / "jabs" / "steroid.txt").unlink()
    status = index_status(index, corpus)
    assert status.corpus is not None
    assert status.corpus.changes == {
        "added": 1,
        "changed": 1,
        "removed": 1,
        "unchanged": 0,
        "moved": 1,
    }
    assert (
        f"Articles: '{corpus}' has changed since: added 1, changed 1, removed 1, unchanged 0, "
        "moved 1. Run: python ingest.py"
    ) in as_text(status).split("\n")


def test_a_file_that_cannot_be_read_does_not_look_new_for_ever(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    ingest(corpus, index, encoder)
    bad = write("bad.md", "# Only a title\n")
    assert index_status(index, corpus).corpus != CorpusStatus(str(corpus), UNCHANGED)
    assert [note.path for note in ingest(corpus, index, encoder).skipped] == ["bad.md"]
    assert index_status(index, corpus).corpus == CorpusStatus(str(corpus), UNCHANGED)
    bad.write_text("# Only another title\n", "utf-8")
    after = index_status(index, corpus).corpus
    assert after is not None
    assert after.has_changed


def test_a_missing_corpus_is_told_and_stops_nothing(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    ingest(corpus, index, encoder)
    shutil.rmtree(corpus)
    status = index_status(index, corpus)
    assert status.corpus == CorpusStatus(str(corpus), None)
    assert f"Articles: no folder '{corpus}'" in as_text(status)


def test_a_dry_run_remembers_nothing(corpus: Path, index: Path, encoder: ConceptEncoder) -> None:
    ingest(corpus, index, encoder)
    (corpus / "bad.md").write_text("", "utf-8")
    before = {path: path.read_bytes() for path in index.rglob("*") if path.is_file()}
    skipped = ingest(corpus, index, encoder, dry_run=True).skipped
    assert skipped == (FileNote("bad.md", "the file is empty"),)
    assert {path: path.read_bytes() for path in index.rglob("*") if path.is_file()} == before


def test_status_as_json_and_as_text(corpus: Path, index: Path, encoder: ConceptEncoder) -> None:
    live = ingest(corpus, index, encoder).generation
    status = index_status(index, corpus)
    content = json.loads(json.dumps(as_json(status)))
    assert content["corpus"] == {
        "folder": str(corpus),
        "changes": UNCHANGED,
        "has_changed": False,
    }
    assert [one["generation"] for one in content["generations"]] == [live]
    assert content["history"] == [asdict(history(index)[0])]
    lines = as_text(status).split("\n")
    (seconds,) = (one.seconds for one in status.history)
    size = sum(path.stat().st_size for path in (index / live).rglob("*") if path.is_file())
    counted = "added 3, changed 0, removed 0, unchanged 0, moved 0"
    assert lines[lines.index("On the disk:") + 1] == (
        f"  {live}, live: 3 articles, 5 passages, {size / 1e6:.1f} MB, concepts, {counted} "
        f"in {seconds:.1f} s"
    )
    assert lines[-2:] == [
        "Published last:",
        f"  {status.created[:19]}  {counted}, 3 articles, 5 passages embedded in {seconds:.1f} s, "
        "concepts",
    ]
