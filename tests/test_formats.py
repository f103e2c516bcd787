"""A corpus as people have it: every format together, through ingest, search and report."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.concepts import ConceptEncoder
from tests.reading.making import PAGE, archive, heading, page, pdf, word, words
from treatment_search.chunking import chunk
from treatment_search.engine import Engine
from treatment_search.generations import PASSAGES, live_generation
from treatment_search.ingestion import ingest
from treatment_search.notices import FEWEST_WORDS, notices, summary_of
from treatment_search.records import Article, FileNote, Section
from treatment_search.reporting import as_json, as_text
from treatment_search.store import PassageStore
from treatment_search.ui.markup import hit_card

ICE = "Cool the heel with ice for ten minutes each evening, wrapped in a towel, after a long day."
TAPING = "Tape holds up the arch of the foot during the day and comes off before the night begins."
LEAFLET = pdf([heading("Cold packs", 20), None, words(ICE)], [], [words(TAPING)])


def put(corpus: Path, name: str, data: bytes) -> Path:
    path = corpus / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def stored_ids(index: Path) -> list[str]:
    with closing(PassageStore(live_generation(index).folder / PASSAGES)) as store:
        return [one.article.article_id for one in store.stored_articles()]


def test_every_format_becomes_articles_and_every_other_file_is_named(
    tmp_path: Path, index: Path, encoder: ConceptEncoder
) -> None:
    corpus = tmp_path / "mixed"
    put(corpus, "a.zip-old.md", b"# Old\n\n" + ICE.encode())
    put(corpus, "a.zip", archive([("x.md", TAPING.encode()), ("in/leaflet.pdf", LEAFLET)]))
    put(corpus, "heel.html", PAGE.encode())
    put(corpus, "heel_files/ad.html", page("<p>Buy this.</p>"))
    put(corpus, "heel_files/style.css", b"p {}")
    put(corpus, "ice.docx", word([("Title", "Ice"), ("Normal", ICE)]))
    put(corpus, "scan.pdf", pdf([], []))
    put(corpus, "locked.pdf", pdf([words(ICE)], password="secret"))  # noqa: S106
    put(corpus, "broken.docx", b"PK\x03\x04")
    put(corpus, "empty.html", b"")
    put(corpus, "photo.jpg", b"\xff\xd8")
    put(corpus, "old.doc", b"\xd0\xcf")
    put(corpus, "bare.zip", archive([]))
    report = ingest(corpus, index, encoder)
    assert stored_ids(index) == [
        "a.zip-old.md",
        "a.zip/in/leaflet.pdf",
        "a.zip/x.md",
        "heel.html",
        "ice.docx",
    ]
    reasons = {note.path: note.reason for note in report.skipped}
    assert list(reasons) == sorted(reasons)
    assert reasons["scan.pdf"].startswith("no text: its pages are pictures (scanned)")
    assert reasons["locked.pdf"] == "encrypted; save it without a password"
    assert reasons["broken.docx"] == "broken: not a Word file, or cut off"
    assert reasons["empty.html"] == "the file is empty"
    assert reasons["photo.jpg"].startswith("unknown format .jpg; known are .docx")
    assert reasons["old.doc"].startswith("unknown format .doc; save it as .docx")
    assert reasons["bare.zip"] == "no files in the archive"
    assert len(reasons) == 7


def test_a_second_ingest_reads_no_member_again_and_one_changed_member_alone(
    tmp_path: Path, index: Path, encoder: ConceptEncoder
) -> None:
    corpus = tmp_path / "packed"
    members = {"a.md": ICE, "b.md": TAPING, "c.html": f"<html><body><p>{ICE}</p></body></html>"}

    def pack() -> None:
        put(corpus, "all.zip", archive((name, text.encode()) for name, text in members.items()))

    pack()
    assert ingest(corpus, index, encoder).added == 3
    report = ingest(corpus, index, encoder)
    assert (report.unchanged, report.embedded) == (3, 0)
    members["b.md"] = TAPING + " Change it each morning."
    pack()
    report = ingest(corpus, index, encoder)
    assert (report.added, report.changed, report.removed, report.unchanged) == (0, 1, 0, 2)
    assert report.touched == ("all.zip/b.md",)


def test_a_hit_in_a_pdf_says_its_page(tmp_path: Path, index: Path, encoder: ConceptEncoder) -> None:
    corpus = tmp_path / "leaflets"
    put(corpus, "leaflet.pdf", LEAFLET)
    put(corpus, "needling.md", b"# Dry needling\n\nThe therapist puts a needle into a muscle.\n")
    ingest(corpus, index, encoder)
    engine = Engine(index, encoder_for=lambda _: encoder)
    hits = [h for h in engine.search("ice for the heel").hits if h.passage.title == "Cold packs"]
    (hit,) = hits
    article = engine.article("leaflet.pdf")
    assert article
    assert article.page_at(hit.passage.passage.start) == 1
    assert hit.passage.passage.page == 1
    assert hit.passage.passage.text.startswith("Cool the heel")
    result = engine.search("ice for the heel")
    assert as_json(result)["hits"][hit.rank - 1]["page"] == 1
    assert "   leaflet.pdf, page 1\n" in as_text(result)
    assert " · page 1 · updated 2000-01-01</p>" in hit_card(hit)
    other = next(h for h in result.hits if h.passage.passage.article_id == "needling.md")
    assert other.passage.passage.page is None
    assert "page" not in hit_card(other)


def test_pages_come_back_from_the_store_as_they_were_cut(
    tmp_path: Path, index: Path, encoder: ConceptEncoder
) -> None:
    text = f"{ICE}\n\n{TAPING}"
    sections = (Section(("One",), 0, len(ICE)), Section(("Two",), len(ICE) + 2, len(text)))
    article = Article("a.pdf", "A", text, sections, pages=(0, 0, len(ICE) + 2, len(text)))
    assert [passage.page for passage in chunk(article, encoder)] == [2, 3]
    assert [article.page_at(at) for at in (0, len(ICE) + 1, len(ICE) + 2)] == [2, 2, 3]
    put(tmp_path / "leaflets", "leaflet.pdf", LEAFLET)
    ingest(tmp_path / "leaflets", index, encoder)
    path = live_generation(index).folder / PASSAGES
    with closing(PassageStore(path)) as store:
        (stored,) = store.stored_articles()
    assert stored.article.pages == (0, len(ICE) + 2, len(ICE) + 2)
    assert stored.passages == tuple(chunk(stored.article, encoder))
    with closing(sqlite3.connect(path)) as connection:
        pages = connection.execute("SELECT page FROM passages ORDER BY passage").fetchall()
    assert pages == [(passage.page,) for passage in stored.passages]


def article_of(name: str, text: str, *notes: str) -> Article:
    return Article(name, name, text, (Section((), 0, len(text)),), notes=notes)


def test_short_articles_and_copies_are_named_after_their_own_notes() -> None:
    enough = " ".join(["word"] * FEWEST_WORDS)
    articles = [
        article_of("a.md", enough),
        article_of("b.md", enough, "not UTF-8"),
        article_of("c.md", enough.removesuffix(" word")),
        article_of("d.md", "word"),
        article_of("e.md", enough),
    ]
    assert list(notices(map(summary_of, articles))) == [
        FileNote("b.md", "not UTF-8"),
        FileNote("b.md", "the same text as 'a.md'"),
        FileNote("c.md", "very short: 19 words"),
        FileNote("d.md", "very short: 1 word"),
        FileNote("e.md", "the same text as 'a.md'"),
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders there")
def test_links_that_leave_pipes_and_files_too_large_are_named_and_never_opened(
    corpus: Path, index: Path, encoder: ConceptEncoder, tmp_path: Path
) -> None:
    put(tmp_path, "outside.html", PAGE.encode())
    (corpus / "link.html").symlink_to(tmp_path / "outside.html")
    (corpus / "zero.pdf").symlink_to("/dev/zero")
    os.mkfifo(corpus / "pipe.docx")
    with put(corpus, "huge.zip", b"").open("r+b") as huge:
        huge.truncate(100_000_001)
    reasons = {note.path: note.reason for note in ingest(corpus, index, encoder).skipped}
    assert reasons == {
        "huge.zip": (
            "too large: 100,000,001 bytes, at most 100,000,000; split it into several files"
        ),
        "link.html": "a link that leaves the corpus folder is not followed",
        "pipe.docx": "not a regular file",
        "zero.pdf": "a link that leaves the corpus folder is not followed",
    }
