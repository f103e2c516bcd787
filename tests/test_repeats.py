"""What several articles say to the letter takes one place in the results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.concepts import ConceptEncoder
from treatment_search import generations
from treatment_search.engine import Engine
from treatment_search.fusion import at_most_per_group
from treatment_search.ingestion import ingest
from treatment_search.keys import said_key, text_key
from treatment_search.records import Hit, Mode, RankedPassage
from treatment_search.store import PassageStore

Write = Callable[[str, str], Path]

NOTICE = "Ask a doctor before you put a needle into a foot with a wound."


def ranked(*numbers: int) -> list[RankedPassage]:
    return [RankedPassage(number, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0) for number in numbers]


def test_texts_are_the_same_whatever_their_spaces_and_capitals() -> None:
    texts = ["One  two\nthree.", "Other.", "one two THREE. ", "one two three", "other."]
    keys = [said_key(text) for text in texts]
    assert [keys.index(key) for key in keys] == [0, 1, 0, 3, 1]
    assert len({text_key(text) for text in texts}) == 5


def test_the_best_of_those_that_say_the_same_keeps_the_place() -> None:
    articles = {0: "a", 1: "b", 2: "c", 3: "c"}
    kept = at_most_per_group(ranked(2, 0, 3, 1), articles, 3, {0: 0, 2: 0, 1: 1, 3: 1})
    assert [passage.number for passage in kept] == [2, 3]


def test_a_repeat_takes_no_place_of_its_article_and_one_cut_off_says_nothing() -> None:
    articles = {0: "a", 1: "a", 2: "a", 3: "b"}
    kept = at_most_per_group(ranked(0, 1, 2, 3), articles, 2, {0: 0, 1: 1, 2: 2, 3: 2})
    assert [passage.number for passage in kept] == [0, 1, 3]  # 2 had no place left
    kept = at_most_per_group(ranked(3, 2, 0, 1), articles, 2, {0: 0, 1: 1, 2: 2, 3: 2})
    assert [passage.number for passage in kept] == [3, 0, 1]


@pytest.fixture
def repeating(corpus: Path, index: Path, encoder: ConceptEncoder, write: Write) -> Engine:
    """Three articles with one notice, each in its own spacing; a fourth quotes it and goes on."""
    for name, notice in (("x", NOTICE), ("y", NOTICE.upper()), ("z", NOTICE.replace(" ", "\n"))):
        write(
            f"{name}.md",
            f"# Article {name}\n\n## How\n\nThe foot of {name}.\n\n## Wounds\n\n{notice}\n",
        )
    write("w.md", f"# Article w\n\n## Wounds\n\n{NOTICE} The wound must heal first.\n")
    ingest(corpus, index, encoder)
    return Engine(index, encoder_for=lambda _: encoder)


def notices(hits: tuple[Hit, ...]) -> list[tuple[str, tuple[str, ...]]]:
    return [
        (hit.passage.passage.article_id, hit.also_in)
        for hit in hits
        if hit.passage.passage.text.casefold().split() == NOTICE.casefold().split()
    ]


@pytest.mark.parametrize("by_article", [False, True])
def test_a_notice_of_three_articles_is_there_once(repeating: Engine, by_article: bool) -> None:
    found = repeating.search("doctor needle wound", 50, by_article=by_article).hits
    assert notices(found) == [("x.md", ("y.md", "z.md"))]
    assert "w.md" in {hit.passage.passage.article_id for hit in found}
    assert [hit.rank for hit in found] == list(range(1, len(found) + 1))


@pytest.mark.parametrize("mode", Mode)
def test_it_is_there_once_in_every_mode(repeating: Engine, mode: Mode) -> None:
    assert len(notices(repeating.search("doctor needle wound", 50, mode).hits)) == 1
    shown = [one.passage.text for one in repeating.rank_passages("doctor needle wound", 50, mode)]
    assert sum(text.casefold().split() == NOTICE.casefold().split() for text in shown) == 1


def test_a_ranking_of_articles_has_them_all(repeating: Engine) -> None:
    names = [name for name, _ in repeating.rank_articles("doctor needle wound")]
    assert {"w.md", "x.md", "y.md", "z.md"} <= set(names)


def test_what_is_like_a_passage_is_not_the_same(repeating: Engine) -> None:
    article = repeating.article("y.md")
    assert article is not None
    start = article.text.index("ASK")
    like = [one.passage for one in repeating.similar("y.md", start)]
    assert "w.md" in {passage.article_id for passage in like}
    assert NOTICE.split() not in [passage.text.split() for passage in like]


@pytest.mark.usefixtures("repeating")
def test_the_store_remembers_only_what_is_there_twice(index: Path) -> None:
    folder = generations.live_generation(index).folder
    store = PassageStore(folder / generations.PASSAGES)
    originals = store.places(range(len(store))).originals
    (first,) = {original for original in originals if originals.count(original) > 1}
    numbers = [number for number, original in enumerate(originals) if original == first]
    assert len(numbers) == 3
    assert numbers[0] == first
    every = list(range(len(store)))
    assert store.also_in(every) == {
        numbers[0]: ("y.md", "z.md"),
        numbers[1]: ("x.md", "z.md"),
        numbers[2]: ("x.md", "y.md"),
    }
    store.close()
