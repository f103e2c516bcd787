from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from treatment_search.errors import IndexDamaged
from treatment_search.parts import Places
from treatment_search.records import (
    AlsoSearched,
    Article,
    Language,
    Metadata,
    Passage,
    Role,
    Section,
    StoredArticle,
)
from treatment_search.store import Addition, PassageStore, build
from treatment_search.subjects import subject

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
ROLES = [Role.URGENT, Role.ABOUT, Role.DOCTOR, Role.HOW]
HELP = {2: Role.DOCTOR, 0: Role.URGENT, 3: Role.URGENT}
CONTEXTS = {"Short › One": 0, "Wide 🦶 › Füße › 𝛼": 1, "Wide 🦶": 2}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "passages.sqlite"
    build(path, Addition(STORED, ROLES, HELP, {2}, CONTEXTS))
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


def test_a_passage_comes_back_with_the_role_of_its_section(path: Path) -> None:
    store = PassageStore(path)
    assert [one.role for one in store.passages([3, 0, 1, 2])] == [
        Role.HOW,
        Role.URGENT,
        Role.ABOUT,
        Role.DOCTOR,
    ]


def test_passages_that_few_people_look_for_are_told(path: Path) -> None:
    assert PassageStore(path).places(range(4)).asides == [False, False, True, False]


def test_the_places_of_passages_come_in_the_order_asked(path: Path) -> None:
    store = PassageStore(path)
    places = store.places([3, 0, 2])
    assert places.numbers == [3, 0, 2]
    assert places.articles == [1, 0, 1]
    assert places.asides == [False, False, True]
    assert places.roles == [Role.HOW, Role.URGENT, Role.DOCTOR]
    assert places.originals == [3, 0, 2]
    assert places.contexts == [CONTEXTS[one.passage.context] for one in store.passages([3, 0, 2])]
    assert store.places([]) == Places([], [], [], [], [], [])


def test_articles_say_what_they_are_about_by_their_numbers(path: Path) -> None:
    store = PassageStore(path)
    assert store.subjects([1, 0, 1]) == {0: Metadata(), 1: subject("", WIDE.metadata, bool)}
    assert store.subjects([]) == {}


def test_what_says_when_to_get_help_is_found_by_article_urgent_first(path: Path) -> None:
    found = PassageStore(path).help_passages(["deep/wide.md", "a.txt", "gone.md"])
    # Passage 3 stands in a section on how it is done, and helps as an urgent one all the same.
    assert {a: [(one.number, one.role) for one in of] for a, of in found.items()} == {
        "a.txt": [(0, Role.URGENT)],
        "deep/wide.md": [(3, Role.URGENT), (2, Role.DOCTOR)],
    }
    assert PassageStore(path).help_passages([]) == {}


def test_help_of_one_kind_is_numbered_through_the_collection(path: Path) -> None:
    store = PassageStore(path)
    assert store.help_numbers(Role.URGENT) == [0, 3]
    assert store.help_numbers(Role.DOCTOR) == [2]
    assert store.help_numbers(Role.HOW) == []


def test_a_passage_is_found_by_where_it_begins(path: Path) -> None:
    store = PassageStore(path)
    assert [store.passage_at("deep/wide.md", start) for start in (0, 8, 20)] == [1, 2, 3]
    assert store.passage_at("deep/wide.md", 9) is None
    assert store.passage_at("gone.md", 0) is None


def test_languages_the_model_does_not_read_are_told_once(tmp_path: Path) -> None:
    names = (None, Language("nl", "Dutch"), Language("nb", "Norwegian Bokmål"), None)
    names += (Language("nl", "Dutch"),)
    stored = [
        StoredArticle(replace(SHORT, article_id=f"{n}.txt", language=language), "d", ())
        for n, language in enumerate(names)
    ]
    path = tmp_path / "passages.sqlite"
    build(path, Addition(stored))
    store = PassageStore(path)
    assert store.foreign_languages() == {"nl", "nb"}
    assert [one.article.language for one in store.stored_articles()] == list(names)
    assert PassageStore(path).article("2.txt") == stored[2].article


def test_pages_come_back_with_the_article_and_its_passages(tmp_path: Path) -> None:
    article = replace(SHORT, pages=(0, 5))
    paged = replace(SHORT_PASSAGE, page=2)
    path = tmp_path / "passages.sqlite"
    stored = StoredArticle(article, "d", (paged,))
    build(path, Addition([stored], [Role.ABOUT], contexts={"Short › One": 0}))
    store = PassageStore(path)
    assert list(store.stored_articles()) == [stored]
    assert store.passages([0])[0].passage.page == 2


def test_other_words_that_three_articles_explain_are_kept_both_ways(tmp_path: Path) -> None:
    text = "It is the heel bone (calcaneus)."
    stored = []
    for number in range(3):
        article = Article(f"{number}.txt", "T", text, (Section((), 0, len(text)),))
        stored.append(StoredArticle(article, "d", (passage(article, 0, 0, len(text)),)))
    path = tmp_path / "passages.sqlite"
    build(path, Addition(stored, [Role.ABOUT] * 3, contexts={"T": 0}))
    assert PassageStore(path).synonyms() == [
        AlsoSearched("calcaneus", "heel bone"),
        AlsoSearched("heel bone", "calcaneus"),
    ]


def test_the_vocabulary_counts_the_passages_that_hold_a_word(path: Path) -> None:
    words = PassageStore(path).vocabulary()
    assert (words["wide"], words["short"], words["part"]) == (3, 1, 1)
    assert "only" not in words  # a function word


def test_the_terms_of_heading_paths_are_analyzed(path: Path) -> None:
    terms = PassageStore(path).context_terms([1, 0, 1])
    assert terms[0] == {"short", "one"}
    assert terms[1] == {"wide", "fuss", "α"}
    assert set(terms) == {0, 1}


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
    assert store.places(range(4)).contexts == [0, 1, 1, 2]
    assert store.places(range(4)).articles == [0, 1, 1, 1]
    assert store.context_texts() == ["Short › One", "Wide 🦶 › Füße › 𝛼", "Wide 🦶"]


def test_no_numbers_give_no_passages(path: Path) -> None:
    assert PassageStore(path).passages([]) == []
    assert PassageStore(path).article_ids([]) == {}


def test_more_numbers_than_sqlite_takes_parameters(tmp_path: Path) -> None:
    text = "x" * 40_000
    article = Article("long.txt", "Long", text, (Section((), 0, len(text)),))
    passages = tuple(passage(article, 0, place, place + 1) for place in range(len(text)))
    path = tmp_path / "passages.sqlite"
    roles = [Role.OTHER] * len(passages)
    build(path, Addition([StoredArticle(article, "d", passages)], roles, contexts={"Long": 0}))
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
    build(path, Addition([stored], [Role.OTHER], contexts={"Long": 0}))
    store = PassageStore(path)
    data = bytearray(path.read_bytes())
    data[4096 : len(data)] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(IndexDamaged, match=r"passages\.sqlite"):
        store.article("long.txt")
