"""Files of each format, damaged at random: each is an article or refused with a reason."""

from __future__ import annotations

import io
import os
import random
import zipfile
from collections import Counter

import pytest

from tests.reading.making import PAGE, archive, heading, pdf, word, words
from treatment_search.errors import ArticleUnreadable
from treatment_search.reading import ReadingProcess, read_archive, read_article
from treatment_search.records import Article

FILES = int(os.environ.get("TREATMENT_SEARCH_FUZZ", "60"))
"""Damaged files of each format; `make fuzz` takes 1,000."""

PDF = pdf(
    [heading("Ice", 20), None, words("Cold eases the pain of a sore heel for some hours.")],
    [words("Take it off after ten minutes.")],
    header="Leaflet",
    title="Ice",
)
WORD = word(
    [("Title", "Ice"), ("Normal", "Cold."), ("Heading 1", "How"), ("List Bullet", "slowly")],
    tables=[[["Week", "Dose", "Note"], ["1", "2", "3"]]],
)
MARKDOWN = (
    b"---\ntitle: Ice\nurl: https://example.org\n---\n## How\n\n- a\n\n| a | b |\n|--|--|\n| 1 |"
)
TEXT = "Ice\n\nDoes it help?\n\nIt helps a little, “they” say, for ten minutes.\n".encode("utf-16")
SEEDS = {
    "a.html": PAGE.encode(),
    "a.pdf": PDF,
    "a.docx": WORD,
    "a.md": MARKDOWN,
    "a.txt": TEXT,
    "a.zip": archive([("a.pdf", PDF), ("b.md", MARKDOWN), ("c.html", PAGE.encode())]),
}
# What parsers of these formats stumble over.
PIECES = (b"\x00", b"\xff" * 8, b"<", b">", b"&#x", b"<!--", b"]]>", b"<table>", b"<ul><li>" * 50)
PIECES += (b"endobj", b"stream\n", b"<<", b">>", b"/Length -1", b"/Kids [1 0 R]", b"(", b"\\")
PIECES += (b"PK\x01\x02", b"99999999999", b"-", b"\r", b"\xed\xa0\x80", b"%s%n", b"../")


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Return the data with one to eight bytes turned, cut out, doubled, moved or put in."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        start = chance.randrange(len(changed) + 1)
        end = min(len(changed), start + int(chance.paretovariate(0.6)))
        match chance.randrange(6):
            case 0:
                changed[start : start + 1] = bytes([chance.randrange(256)])
            case 1:
                del changed[start:end]
            case 2:
                changed[start:start] = changed[start:end]
            case 3:
                changed[start:start] = chance.choice(PIECES)
            case 4:
                changed[start:end] = bytes(chance.randrange(256) for _ in range(end - start))
            case 5:
                place = chance.randrange(len(changed) + 1)
                changed[place:place] = data[start:end]
    return bytes(changed)


def damaged_inside(data: bytes, chance: random.Random) -> bytes:
    """Return an archive with one member damaged before it was packed, so that it still unpacks."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        members = [(member, packed.read(member)) for member in packed.namelist()]
    place = chance.randrange(len(members))
    members[place] = (members[place][0], damaged(members[place][1], chance))
    return archive(members)


def check(article: Article) -> None:
    """Assert what holds for every article."""
    for section in article.sections:
        body = article.text[section.start : section.end]
        assert body == body.strip()
    assert article.title.strip()
    assert not any(c < " " and c not in "\n\t" for c in article.text + article.title)
    article.text.encode("utf-8")
    assert list(article.pages) == sorted(article.pages)
    assert all(0 <= start <= len(article.text) for start in article.pages)


@pytest.mark.parametrize("name", SEEDS)
def test_a_damaged_file_is_an_article_or_refused_with_a_reason(name: str) -> None:
    outcomes: Counter[str] = Counter()
    with ReadingProcess(seconds=20) as process:
        for number in range(FILES):
            chance = random.Random(f"{name} {number}")  # noqa: S311  the same on every run
            packed = name.endswith(("docx", "zip")) and number % 4
            data = (damaged_inside if packed else damaged)(SEEDS[name], chance)
            outcomes[outcome(name, data, process)] += 1
    assert sum(outcomes.values()) == FILES
    assert outcomes["read"] > 0
    assert outcomes["stopped"] == 0


def outcome(name: str, data: bytes, process: ReadingProcess) -> str:
    """Read a file as an ingest does, its members too, and return what became of it."""
    try:
        if name.endswith(".zip"):
            unpacked = read_archive(name, data, process)
            assert all(note.reason for note in unpacked.refused)
            inner = [outcome(m.article_id, m.data, process) for m in unpacked.members]
            return "read" if "read" in inner else "members refused"
        check(read_article(name, data, process))
    except ArticleUnreadable as error:
        reason = str(error)
        assert reason
        assert reason.isprintable()
        return "stopped" if "crash" in reason or "not read within" in reason else "refused"
    return "read"
