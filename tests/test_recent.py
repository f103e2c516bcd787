from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.concepts import ConceptEncoder
from treatment_search.engine import Engine
from treatment_search.ingestion import ingest
from treatment_search.questions import parse_question
from treatment_search.recent import RecentAnswers, Request
from treatment_search.records import Facet, Hit, Mode, SearchResult, Verdict
from treatment_search.retrieval import OpenGeneration


def request(text: str, **changed: object) -> Request:
    given = {"k": 10, "mode": Mode.HYBRID, "as_typed": (), "most": 3, "filters": None}
    return Request.of(parse_question(text), **{**given, **changed})  # type: ignore[arg-type]


def answer(text: str, hit: Hit, hits: int) -> SearchResult:
    return SearchResult(text, Verdict.FOUND, "g", 1.0, (hit,) * hits)


@pytest.fixture
def hit(engine: Engine) -> Hit:
    return engine.search("exercise").hits[0]


@pytest.fixture
def ranked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which questions were really searched, in order."""
    texts: list[str] = []
    rank = OpenGeneration.rank

    def noting(self: OpenGeneration, question, mode, vector):  # type: ignore[no-untyped-def]
        texts.append(question.text)
        return rank(self, question, mode, vector)

    monkeypatch.setattr(OpenGeneration, "rank", noting)
    return texts


def test_what_was_asked_for_longest_ago_goes_first_when_there_are_too_many_hits(hit: Hit) -> None:
    recent = RecentAnswers(most_hits=6)
    for text, hits in (("heel", 2), ("knee", 2), ("foot", 0)):  # none counts as one: 2 + 2 + 1
        recent.keep(request(text), answer(text, hit, hits))
    assert recent.get(request("heel")) == answer("heel", hit, 2)  # now knee is the oldest
    recent.keep(request("hand"), answer("hand", hit, 3))  # 8 hits: without the knee's 2, six
    assert recent.get(request("knee")) is None
    for text, hits in (("heel", 2), ("foot", 0), ("hand", 3)):
        assert recent.get(request(text)) == answer(text, hit, hits)


def test_an_answer_kept_again_counts_once_and_one_that_is_too_large_is_not_kept(hit: Hit) -> None:
    recent = RecentAnswers(most_hits=4)
    for _ in range(3):
        recent.keep(request("heel"), answer("heel", hit, 2))
    recent.keep(request("knee"), answer("knee", hit, 2))
    assert recent.get(request("heel"))
    recent.keep(request("foot"), answer("foot", hit, 5))
    assert recent.get(request("foot")) is None


def test_each_thing_that_an_answer_depends_on_tells_requests_apart() -> None:
    filters = {Facet.TREATMENT: ("Taping", "Rest"), Facet.ROLE: ("how",)}
    different = [
        request("heel"),
        request("heels"),
        request("heel", k=20),
        request("heel", mode=Mode.DENSE),
        request("heel", as_typed=["jab"]),
        request("heel", most=1),
        request("heel", filters=filters),
        request("heel", filters={Facet.TREATMENT: ("Taping",)}),
    ]
    assert len(set(different)) == len(different)
    assert request("  heel ") == request("heel", filters={Facet.ROLE: ()})
    assert request("heel", as_typed=["a", "b"]) == request("heel", as_typed=["b", "a"])
    other_order = dict(reversed(filters.items()))
    assert request("heel", filters=other_order) == request("heel", filters=filters)


def test_a_question_asked_again_is_answered_the_same_without_a_search(
    engine: Engine, ranked: list[str]
) -> None:
    first, again = (engine.search("exercise", remember=True) for _ in range(2))
    assert replace(first, milliseconds=0.0) == replace(again, milliseconds=0.0)
    assert first.hits
    assert ranked == ["exercise"]
    engine.search("exercise", 1, remember=True)
    assert ranked == ["exercise", "exercise"]


def test_of_a_question_that_is_not_to_be_remembered_nothing_is_left(
    engine: Engine, ranked: list[str]
) -> None:
    for k in (1, 2):
        engine.search("exercise", k, remember=True)
    engine.search("needle", remember=True)
    engine.search("exercise", 1)  # now in private
    ranked.clear()
    for k in (1, 2):
        engine.search("exercise", k, remember=True)
    engine.search("needle", remember=True)
    assert ranked == ["exercise", "exercise"]


def test_an_answer_goes_with_its_generation(
    engine: Engine,
    corpus: Path,
    index: Path,
    encoder: ConceptEncoder,
    write: Callable[[str, str], Path],
) -> None:
    before = engine.search("exercise", remember=True)
    write("more.md", "# Exercise\n\nExercise the foot each day.\n")
    ingest(corpus, index, encoder)
    after = engine.search("exercise", remember=True)
    assert after.generation != before.generation
    assert after.passages == before.passages + 1
