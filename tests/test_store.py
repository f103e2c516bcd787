from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from treatment_search.errors import IndexDamaged
from treatment_search.records import Article, Metadata, Passage, Section
from treatment_search.store import PassageStore, StoredArticle

FEET = "🦶🏽 one. 𝛼-wave two. "  # characters that UTF-16 would count as two
PLAIN = "Third part."
WIDE = Article(
    article_id="deep/wide.md",
    title="Wide 🦶",
    text=FEET + PLAIN,
    sections=(
        Section(("Füße", "𝛼"), 0, len(FEET)),
        Section((), len(FEET), len(FEET) + len(PLAIN)),
    ),
    metadata=Metadata("Taping", ("Heel spur", "Gout"), "Clinic", "https://x.org", "2026-01-02"),
    notes=("look at this", "and “that”"),
)
SHORT = Article("a.txt", "Short", "Only this.", (Section(("One",), 0, 10),))


def passage(article: Article, section: int, start: int, end: int) -> Passage:
    headings = article.sections[section].headings
    context = " › ".join((article.title, *headings))
    text = article.text[start:end]
    return Passage(article.article_id, section, headings, context, start, end, text)


SHORT_PASSAGE = passage(SHORT, 0, 0, 10)
# "🦶🏽" is two characters, so "𝛼-wave two." begins at 2 + len(" one. ") = 8 and has 11 characters.
WIDE_PASSAGES = (
    passage(WIDE, 0, 0, 7),
    passage(WIDE, 0, 8, 19),
    passage(WIDE, 1, 20, 31),
)
STORED = [
    StoredArticle(SHORT, "digest-a", (SHORT_PASSAGE,)),
    StoredArticle(WIDE, "digest-w", WIDE_PASSAGES),
]
CONTEXTS = {"Short › One": 0, "Wide 🦶 › Füße › 𝛼": 1, "Wide 🦶": 2}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "passages.sqlite"
    PassageStore.build(path, STORED, CONTEXTS)
    return path


def test_articles_come_back_as_they_went_in(path: Path) -> None:
    store = PassageStore(path)
    assert store.article("deep/wide.md") == WIDE
    assert store.article("a.txt") == SHORT
    assert list(store.stored_articles()) == STORED
    assert store.titles() == ["Short", "Wide 🦶"]


def test_an_unknown_article_is_none(path: Path) -> None:
    assert PassageStore(path).article("gone.md") is None


def test_passages_are_numbered_through_the_articles_in_order(path: Path) -> None:
    store = PassageStore(path)
    assert len(store) == 4
    found = store.passages([0, 1, 2, 3])
    assert [one.number for one in found] == [0, 1, 2, 3]
    assert [one.passage for one in found] == [SHORT_PASSAGE, *WIDE_PASSAGES]
    assert [one.title for one in found] == ["Short", "Wide 🦶", "Wide 🦶", "Wide 🦶"]
    assert [one.metadata for one in found] == [Metadata()] + [WIDE.metadata] * 3


def test_passages_come_in_the_order_asked_for(path: Path) -> None:
    found = PassageStore(path).passages([3, 0, 2])
    assert [one.passage.text for one in found] == ["Third part.", "Only this.", "𝛼-wave two."]


def test_offsets_count_characters_beyond_the_basic_plane(path: Path) -> None:
    (found,) = PassageStore(path).passages([2])
    assert (found.passage.start, found.passage.end) == (8, 19)
    assert found.passage.text == "𝛼-wave two." == WIDE.text[8:19]


def test_each_passage_knows_its_article_and_its_heading_path(path: Path) -> None:
    store = PassageStore(path)
    assert store.article_ids([3, 0]) == {0: "a.txt", 3: "deep/wide.md"}
    assert store.contexts == (0, 1, 1, 2)
    assert store.context_texts() == ["Short › One", "Wide 🦶 › Füße › 𝛼", "Wide 🦶"]


def test_no_numbers_give_no_passages(path: Path) -> None:
    assert PassageStore(path).passages([]) == []
    assert PassageStore(path).article_ids([]) == {}


def test_more_numbers_than_sqlite_takes_parameters(tmp_path: Path) -> None:
    text = "x" * 40_000
    article = Article("long.txt", "Long", text, (Section((), 0, len(text)),))
    passages = tuple(passage(article, 0, place, place + 1) for place in range(len(text)))
    path = tmp_path / "passages.sqlite"
    PassageStore.build(path, [StoredArticle(article, "d", passages)], {"Long": 0})
    found = PassageStore(path).article_ids(range(len(text)))
    assert len(found) == 40_000


def test_names_that_look_like_sql_are_only_names(path: Path) -> None:
    store = PassageStore(path)
    assert store.article("' OR 1=1 --") is None
    assert store.article("a%") is None


def test_many_threads_read_at_once(path: Path) -> None:
    store = PassageStore(path)

    def read(turn: int) -> bool:
        number = turn % 4
        (found,) = store.passages([number])
        whole = store.article(found.passage.article_id)
        assert whole is not None
        wanted = [SHORT_PASSAGE, *WIDE_PASSAGES][number]
        return found.passage == wanted and wanted.text == whole.text[wanted.start : wanted.end]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(400)))


def test_reading_writes_nothing(path: Path) -> None:
    before = path.read_bytes()
    store = PassageStore(path)
    store.passages([0, 1])
    store.close()
    assert [p.name for p in path.parent.iterdir()] == ["passages.sqlite"]
    assert path.read_bytes() == before


def test_a_file_of_something_else_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "passages.sqlite"
    path.write_bytes(b"nothing of SQLite " * 100)
    with pytest.raises(IndexDamaged, match=r"passages\.sqlite"):
        PassageStore(path)


def test_an_empty_file_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "passages.sqlite"
    path.write_bytes(b"")
    with pytest.raises(IndexDamaged, match=r"passages\.sqlite"):
        PassageStore(path)


def test_a_missing_file_is_damaged_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(IndexDamaged, match=r"passages\.sqlite"):
        PassageStore(tmp_path / "passages.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_a_page_overwritten_later_is_damaged_when_it_is_read(tmp_path: Path) -> None:
    # One article far larger than a page of 4,096 bytes: its text lies on pages of its own.
    text = "word " * 20_000
    article = Article("long.txt", "Long", text, (Section((), 0, len(text)),))
    path = tmp_path / "passages.sqlite"
    stored = StoredArticle(article, "d", (passage(article, 0, 0, 4),))
    PassageStore.build(path, [stored], {"Long": 0})
    store = PassageStore(path)
    data = bytearray(path.read_bytes())
    data[4096 : len(data)] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(IndexDamaged, match=r"passages\.sqlite"):
        store.article("long.txt")
