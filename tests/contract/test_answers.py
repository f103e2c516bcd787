"""What a person is shown, on every back end: values worked out from what the articles say."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from pathlib import Path

import pytest

from tests.contract.conftest import Index
from tests.test_answers import FLAGS, SPRAIN, URGENT, SignEncoder
from tests.test_repeats import NOTICE
from treatment_search.engine import PASSAGES_PER_ARTICLE, Engine
from treatment_search.records import AlsoSearched, Facet, FacetValue, Mode, Repair, Role, Verdict

Write = Callable[[str, str], Path]

HOW = "The therapist puts a thin needle into a tight muscle. Then the needle is moved a little."
WHO_NOT = "People who take blood thinners ask a doctor before needling."


@pytest.fixture
def engine(served: Index, corpus: Path) -> Engine:
    served.ingest(corpus)
    return served.engine()


def shown(engine: Engine, question: str, **options: object) -> list[str]:
    return [hit.passage.passage.text for hit in engine.search(question, **options).hits]  # type: ignore[arg-type]


def test_by_meaning_the_best_cosine_comes_first(engine: Engine) -> None:
    hits = engine.search("needles", mode=Mode.DENSE).hits
    # "Dry needling for heel spur › How it is done: ..." names a heel spur once, needles 3 times.
    assert hits[0].passage.passage.text == HOW
    assert hits[0].dense == pytest.approx(3 / sqrt(10), abs=1e-6)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_by_words_the_scores_are_those_of_bm25_over_the_best(engine: Engine) -> None:
    hits = engine.search("needle doctor", mode=Mode.KEYWORD).hits
    assert hits[0].keyword == 1.0
    assert {hit.passage.passage.text for hit in hits} >= {HOW, WHO_NOT}
    assert all(0 < hit.keyword <= 1 for hit in hits)


def test_what_no_article_covers_is_answered_by_nothing(engine: Engine) -> None:
    result = engine.search("mortgage refinancing")
    assert (result.verdict, result.hits) == (Verdict.NOTHING, ())
    assert result.topics != ()


def test_an_article_takes_a_few_places_or_one(served: Index, corpus: Path, write: Write) -> None:
    sections = "".join(f"## Part {n}\n\nThe needle number {n}.\n\n" for n in range(5))
    write("many.md", f"# Needles\n\n{sections}")
    served.ingest(corpus)
    engine = served.engine()
    ids = [hit.passage.passage.article_id for hit in engine.search("needle", 20).hits]
    assert ids.count("many.md") == PASSAGES_PER_ARTICLE
    once = [
        hit.passage.passage.article_id for hit in engine.search("needle", 20, by_article=True).hits
    ]
    assert len(set(once)) == len(once) == 4


def test_an_answer_is_narrowed_down_and_the_choices_are_counted(engine: Engine) -> None:
    whole = engine.search("needle doctor", 10)
    assert FacetValue(Facet.TREATMENT, "Dry needling", 2) in whole.facets
    assert FacetValue(Facet.SOURCE, "Example Clinic", 2) in whole.facets
    filters = {Facet.TREATMENT: ("Dry needling",)}
    assert set(shown(engine, "needle doctor", filters=filters)) == {HOW, WHO_NOT}
    caution = {**filters, Facet.ROLE: (Role.CAUTION.value,)}
    assert shown(engine, "needle doctor", filters=caution) == [WHO_NOT]


def test_what_is_said_twice_is_shown_once_with_where_else(
    served: Index, corpus: Path, write: Write
) -> None:
    for name, notice in (("x", NOTICE), ("y", NOTICE.upper()), ("z", NOTICE)):
        write(f"{name}.md", f"# Article {name}\n\n## Wounds\n\n{notice}\n")
    served.ingest(corpus)
    found = [
        hit
        for hit in served.engine().search("wound doctor needle", 20).hits
        if hit.passage.passage.text.casefold() == NOTICE.casefold()
    ]
    (hit,) = found
    own = hit.passage.passage.article_id
    assert hit.also_in == tuple(sorted({"x.md", "y.md", "z.md"} - {own}))


def test_a_sign_that_needs_help_now_is_answered_by_the_nearest_urgent_passage(
    served: Index, corpus: Path, write: Write
) -> None:
    write("sprain.md", SPRAIN)
    served = Index(served.folder, served.address, SignEncoder())
    served.ingest(corpus)
    engine = served.engine()
    (pinned,) = engine.search("bone sticking out of my leg").urgent
    assert (pinned.passage.passage.text, pinned.passage.role) == (FLAGS, Role.URGENT)
    assert pinned.sentence == (0, len(FLAGS))
    assert engine.search("needles in the calf").urgent == ()
    helping = [one.passage.text for one in engine.help_of("sprain.md")]
    assert helping[:2] == [URGENT, FLAGS]
    hit = engine.search("cool it with ice", 1).hits[0]
    assert [one.role for one in hit.help] == [Role.URGENT, Role.DOCTOR]
    assert hit.passage.number not in {one.number for one in hit.help}


def test_the_sentence_that_answers_is_marked(engine: Engine) -> None:
    hit = engine.search("moving a needle a little").hits[0]
    text = hit.passage.passage.text
    assert hit.sentence is not None
    assert text[slice(*hit.sentence)] == "Then the needle is moved a little."


def test_passages_of_other_articles_are_similar(engine: Engine) -> None:
    hit = engine.search("needle").hits[0].passage.passage
    near = engine.similar(hit.article_id, hit.start)
    assert [one.passage.article_id for one in near] != []
    assert hit.article_id not in {one.passage.article_id for one in near}
    assert engine.similar(hit.article_id, hit.start + 1) == []
    assert engine.similar("gone.md", 0) == []


def test_words_are_repaired_and_widened_by_what_the_collection_has(engine: Engine) -> None:
    assert engine.search("stretchingg").repairs == (Repair("stretchingg", "stretching"),)
    assert engine.search("does a shot help").also == (AlsoSearched("shot", "injection"),)
    assert engine.knows_words_of("needling the muscles")
    assert not engine.knows_words_of("needling a mortgage")


def test_an_article_is_read_whole_and_searched_alone(engine: Engine) -> None:
    article = engine.article("needling.md")
    assert article is not None
    assert article.title == "Dry needling for heel spur"
    assert article.metadata.conditions == ("Heel spur",)
    own = engine.passages_of("needling.md")
    assert [one.passage.text for one in own] == [HOW, WHO_NOT]
    for one in own:
        assert article.text[one.passage.start : one.passage.end] == one.passage.text
    assert engine.matches_in("needling.md", "doctor")[0].passage.passage.text == WHO_NOT
    assert engine.article("gone.md") is None
    assert engine.passages_of("gone.md") == []


def test_the_catalogue_has_every_article_in_order(engine: Engine) -> None:
    entries = engine.catalogue()
    assert [(one.article_id, one.passages) for one in entries] == [
        ("jabs/steroid.txt", 1),
        ("needling.md", 2),
        ("stretching.md", 2),
    ]
    assert entries[1].headings == (("How it is done",), ("Who should not",))
    assert engine.titles(3) == [one.title for one in entries]


@pytest.mark.parametrize("name", ['a "b" \\ c.md', "or 1 == 1 %.md", "füße 🦶.md"])
def test_names_and_texts_are_data(served: Index, corpus: Path, write: Write, name: str) -> None:
    write(name, '# He said "no"\n\n## \\ or 1 == 1\n\nA needle {in} "quotes" \\n; drop it.\n')
    served.ingest(corpus)
    engine = served.engine()
    article = engine.article(name)
    assert article is not None
    assert article.text == 'A needle {in} "quotes" \\n; drop it.'
    assert [one.passage.text for one in engine.passages_of(name)] == [article.text]
    assert engine.search('"quotes" drop').hits[0].passage.passage.article_id == name


def test_texts_longer_than_a_string_of_a_server_may_be(
    served: Index, corpus: Path, write: Write
) -> None:
    word, words = "w" * 70_000, " ".join(f"needle{n}." for n in range(12_000))
    write("long.md", f"# Long\n\n## One word\n\nThe {word} ends.\n\n## Many\n\n{words}\n")
    served.ingest(corpus)
    engine = served.engine()
    article = engine.article("long.md")
    assert article is not None
    assert (word in article.text, words in article.text) == (True, True)
    for one in engine.passages_of("long.md"):
        assert article.text[one.passage.start : one.passage.end] == one.passage.text
    last = engine.search("needle11999", mode=Mode.KEYWORD).hits[0].passage.passage
    assert (last.article_id, "needle11999" in last.text) == ("long.md", True)
