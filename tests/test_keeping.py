from __future__ import annotations

from pathlib import Path

import pytest

from treatment_search import keeping
from treatment_search.corpus import article_files
from treatment_search.errors import ArticleUnreadable, KeepingRefused, NameTaken
from treatment_search.reading import MOST_BYTES


def ids(corpus: Path) -> list[str]:
    return [name for name, _ in article_files(corpus, [])]


def test_a_file_added_is_an_article_with_those_bytes(corpus: Path) -> None:
    before = ids(corpus)
    assert keeping.add(corpus, "gout.md", b"# Gout\n") == "gout.md"
    assert (corpus / "gout.md").read_bytes() == b"# Gout\n"
    assert ids(corpus) == sorted([*before, "gout.md"])
    assert [path.name for path in corpus.iterdir() if path.name.startswith(".")] == []


def test_a_name_is_kept_in_composed_letters(corpus: Path) -> None:
    assert keeping.add(corpus, "cafe\u0301.txt", b"x") == "caf\u00e9.txt"


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        ".hidden.md",
        "../out.md",
        "/etc/x.md",
        "a/b.md",
        "a\\b.md",
        "..",
        "C:x.md",
        "nul.md",
        "COM1.txt",
        "a\n.md",
        "a\x00.md",
        "a\u202e.md",
        "a.md.",
        "a.md ",
        "x" * 300 + ".md",
    ],
)
def test_a_name_that_is_not_safe_is_refused_and_nothing_written(corpus: Path, name: str) -> None:
    before = sorted(corpus.parent.rglob("*"))
    with pytest.raises(KeepingRefused, match="Rename the file"):
        keeping.add(corpus, name, b"x")
    assert sorted(corpus.parent.rglob("*")) == before


def test_a_format_nobody_reads_and_a_file_too_large_are_refused(corpus: Path) -> None:
    with pytest.raises(ArticleUnreadable, match=r"unknown format \.exe"):
        keeping.add(corpus, "a.exe", b"x")
    with pytest.raises(ArticleUnreadable, match="too large"):
        keeping.add(corpus, "a.md", bytes(MOST_BYTES + 1))
    assert not (corpus / "a.md").exists()


def test_nothing_is_overwritten_unless_asked_and_then_the_old_one_is_in_the_trash(
    corpus: Path,
) -> None:
    old = (corpus / "needling.md").read_bytes()
    with pytest.raises(NameTaken, match=r"'needling\.md' is in"):
        keeping.add(corpus, "needling.md", b"new")
    assert (corpus / "needling.md").read_bytes() == old
    keeping.add(corpus, "needling.md", b"new", replace=True)
    assert (corpus / "needling.md").read_bytes() == b"new"
    (one,) = keeping.trashed(corpus)
    assert (keeping.trash_of(corpus) / str(one.number) / "needling.md").read_bytes() == old


def test_what_is_removed_comes_back_to_the_same_path_with_the_same_bytes(corpus: Path) -> None:
    before = (corpus / "jabs" / "steroid.txt").read_bytes()
    removed = keeping.remove(corpus, "jabs/steroid.txt")
    assert ids(corpus) == ["needling.md", "stretching.md"]
    assert [one.article_id for one in keeping.trashed(corpus)] == ["jabs/steroid.txt"]
    assert keeping.restore(corpus, removed.number) == "jabs/steroid.txt"
    assert (corpus / "jabs" / "steroid.txt").read_bytes() == before
    assert keeping.trashed(corpus) == []


def test_the_trash_is_outside_the_corpus_and_holds_a_name_twice(corpus: Path) -> None:
    assert not keeping.trash_of(corpus).is_relative_to(corpus)
    for text in (b"one", b"two"):
        keeping.add(corpus, "gout.md", text)
        keeping.remove(corpus, "gout.md")
    assert [one.article_id for one in keeping.trashed(corpus)] == ["gout.md", "gout.md"]
    newest = keeping.trashed(corpus)[0]
    keeping.restore(corpus, newest.number)
    assert (corpus / "gout.md").read_bytes() == b"two"
    with pytest.raises(NameTaken):
        keeping.restore(corpus, keeping.trashed(corpus)[0].number)
    assert keeping.empty_trash(corpus) == 1
    assert keeping.trashed(corpus) == []


@pytest.mark.parametrize("article_id", ["../secret.md", "/etc/passwd", "", "none.md", "out/s.md"])
def test_nothing_outside_the_corpus_can_be_removed(corpus: Path, article_id: str) -> None:
    outside = corpus.parent / "outside"
    outside.mkdir()
    (outside / "s.md").write_text("s")
    (corpus.parent / "secret.md").write_text("s")
    (corpus / "out").symlink_to(outside)
    with pytest.raises(KeepingRefused):
        keeping.remove(corpus, article_id)
    assert (outside / "s.md").exists()
    assert (corpus.parent / "secret.md").exists()
