from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.concepts import ConceptEncoder
from treatment_search import generations
from treatment_search.collection import Collection, FileState, fingerprint, look_at
from treatment_search.ingestion import ingest

pytestmark = pytest.mark.usefixtures("uncalibrated")

Write = Callable[[str, str], Path]


def states(collection: Collection) -> dict[str, str]:
    return {entry.article_id: entry.state.value for entry in collection.entries}


def test_before_the_first_ingest_everything_is_new(corpus: Path, index: Path) -> None:
    found = look_at(corpus, index)
    ids = ["jabs/steroid.txt", "needling.md", "stretching.md"]
    assert states(found) == dict.fromkeys(ids, "new")
    assert found.has_changed
    assert found.problem is None
    assert [entry.searched for entry in found.entries] == [None, None, None]


def test_each_file_has_its_state_and_what_changed_comes_first(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    write("moving.md", "# Moving\n\nDo calf raises.\n")
    write("going.md", "# Going\n\nDo calf raises twice.\n")
    write("broken.md", "")
    ingest(corpus, index, encoder)
    assert not look_at(corpus, index).has_changed
    write("needling.md", "# Needling\n\nA needle.\n")
    (corpus / "moving.md").rename(corpus / "moved.md")
    (corpus / "going.md").unlink()
    write("fresh.md", "# Fresh\n\nA needle.\n")
    write("sheet.xyz", "1,2")
    found = look_at(corpus, index)
    assert list(states(found).items()) == [
        ("fresh.md", "new"),
        ("needling.md", "changed"),
        ("moved.md", "moved"),
        ("going.md", "gone"),
        ("broken.md", "skipped"),
        ("sheet.xyz", "skipped"),
        ("jabs/steroid.txt", "in the search"),
        ("stretching.md", "in the search"),
    ]
    by_id = {entry.article_id: entry for entry in found.entries}
    assert (by_id["moved.md"].note, by_id["moved.md"].file) == ("moving.md", "moved.md")
    assert by_id["moved.md"].searched
    assert by_id["moved.md"].searched.title == "Moving"
    assert by_id["going.md"].file is None
    assert by_id["broken.md"].note == ""
    assert "unknown format .xyz" in by_id["sheet.xyz"].note
    assert by_id["sheet.xyz"].file == "sheet.xyz"
    assert found.counts[FileState.SKIPPED] == 2
    assert found.has_changed


def test_a_broken_file_that_was_mended_is_new(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    write("broken.md", "")
    ingest(corpus, index, encoder)
    write("broken.md", "# Mended\n\nA needle.\n")
    assert states(look_at(corpus, index))["broken.md"] == "new"


def test_what_is_in_an_archive_names_the_archive(corpus: Path, index: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inner/one.md", "# One\n\nA needle.\n")
        archive.writestr("two.xyz", "1,2")
    (corpus / "more.zip").write_bytes(packed.getvalue())
    by_id = {entry.article_id: entry for entry in look_at(corpus, index).entries}
    assert by_id["more.zip/inner/one.md"].file == "more.zip"
    assert by_id["more.zip/two.xyz"].file is None
    assert by_id["more.zip/two.xyz"].state is FileState.SKIPPED


def test_without_the_folder_everything_is_gone(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    ingest(corpus, index, encoder)
    corpus.rename(corpus.with_name("away"))
    assert set(states(look_at(corpus, index)).values()) == {"gone"}


def test_a_damaged_index_is_told_and_the_files_are_listed(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    ingest(corpus, index, encoder)
    (index / generations.current_name(index) / generations.MANIFEST).write_text("{}", "utf-8")
    found = look_at(corpus, index)
    assert found.problem
    assert "has changed on disk" in found.problem
    assert set(states(found).values()) == {"new"}


@pytest.mark.parametrize("change", ["add", "remove", "edit", "ingest"])
def test_the_fingerprint_changes_with_each_file_and_each_ingest(
    corpus: Path, index: Path, encoder: ConceptEncoder, change: str
) -> None:
    before = fingerprint(corpus, index)
    assert fingerprint(corpus, index) == before
    if change == "add":
        (corpus / "a.md").write_text("# A", "utf-8")
    elif change == "remove":
        (corpus / "needling.md").unlink()
    elif change == "edit":
        (corpus / "needling.md").write_text("# Needling", "utf-8")
    else:
        ingest(corpus, index, encoder)
    assert fingerprint(corpus, index) != before
