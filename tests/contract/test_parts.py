"""Each part of a generation by itself, against numpy and BM25 worked out here."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import log
from pathlib import Path

import numpy as np
import pytest

from tests.concepts import concept_vector
from tests.contract.conftest import Index
from tests.contract.milvus import MilvusServer
from treatment_search.address import ClusterAddress
from treatment_search.analysis import terms
from treatment_search.lexical import ALSO_WEIGHT, K1
from treatment_search.live import live_index
from treatment_search.records import Field
from treatment_search.retrieval import OpenGeneration

Write = Callable[[str, str], Path]


@pytest.fixture
def opened(served: Index, corpus: Path, write: Write) -> OpenGeneration:
    # Of one length each, below the lengths that tantivy rounds; two say the same.
    for number in range(30):
        needles = "needle " * (1 + number % 3)
        write(f"{number:02}.md", f"# Spur {number}\n\n## Part {number % 4}\n\nHeel {needles}.\n")
    served.ingest(corpus)
    return live_index(served.address).opened()


def texts(opened: OpenGeneration) -> dict[int, str]:
    store = opened.store
    return {
        one.number: one.passage.embedded_text
        for entry in store.catalogue()
        for one in store.passages_of(entry.article_id)
    }


def test_the_nearest_are_those_of_a_matrix_product_ties_by_number(opened: OpenGeneration) -> None:
    of = texts(opened)
    rows = np.stack([concept_vector(of[number]) for number in sorted(of)])
    for question in ("needle", "heel spur in the morning", "money"):
        vector = concept_vector(question)
        cosines = np.vecdot(rows, vector)
        order = sorted(of, key=lambda number: (-cosines[number], number))
        for count in (1, 7, 200):
            found = opened.dense.search(vector, count)
            assert [score for _, score in found] == pytest.approx(
                [float(cosines[number]) for number in order[:count]], abs=1e-6
            )
            assert all(a > b or m < n for (m, a), (n, b) in pairwise(found))
        assert opened.dense.cosines(vector, [5, 0, 5]).tolist() == pytest.approx(
            cosines[[5, 0, 5]].tolist(), abs=1e-6
        )
    assert opened.dense.vectors([3, 1]) == pytest.approx(rows[[3, 1]], abs=1e-6)
    assert opened.dense.cosines(concept_vector("needle"), []).tolist() == []


def bm25(of: dict[int, list[str]], asked: dict[str, float]) -> dict[int, float]:
    mean = sum(map(len, of.values())) / len(of)
    scores: dict[int, float] = {}
    for term, weight in asked.items():
        holding = [number for number, words in of.items() if term in words]
        rarity = log(1 + (len(of) - len(holding) + 0.5) / (len(holding) + 0.5))
        for number in holding:
            times = of[number].count(term)
            length = 1 - 0.75 + 0.75 * len(of[number]) / mean
            score = weight * rarity * times * (K1 + 1) / (times + K1 * length)
            scores[number] = scores.get(number, 0.0) + score
    return scores


def test_words_score_as_bm25_does_higher_is_better(opened: OpenGeneration) -> None:
    of = {number: terms(text) for number, text in texts(opened).items()}
    wanted = bm25(of, {"needl": 1.0, "thinner": 1.0, "spur": ALSO_WEIGHT})
    found = opened.keyword.search(Field.TEXT, ["needl", "thinner", "needl"], 200, ["spur"])
    assert dict(found) == pytest.approx(wanted, rel=1e-5)
    assert [score for _, score in found] == sorted((s for _, s in found), reverse=True)
    assert all(a > b or m < n for (m, a), (n, b) in pairwise(found))
    assert opened.keyword.search(Field.TEXT, ["needl", "thinner"], 3, ["spur"]) == found[:3]
    assert opened.keyword.search(Field.TEXT, ["zebra"], 5) == []
    assert opened.keyword.search(Field.TEXT, [], 5) == []


def test_headings_and_articles_are_fields_of_their_own(opened: OpenGeneration) -> None:
    store = opened.store
    every = store.passages(sorted(texts(opened)))
    headings = {one.number: terms(one.passage.context) for one in every}
    found = dict(opened.keyword.search(Field.HEADING, ["spur"], 200))
    assert found == pytest.approx(bm25(headings, {"spur": 1.0}), rel=1e-5)
    places = store.places([one.number for one in every])
    whole: dict[int, list[str]] = {}
    for article, one in zip(places.articles, every, strict=True):
        whole.setdefault(article, terms(one.title)).extend(terms(one.passage.text))
    found = dict(opened.articles.search(Field.TEXT, ["needl", "doctor"], 200))
    assert found == pytest.approx(bm25(whole, {"needl": 1.0, "doctor": 1.0}), rel=1e-5)


def test_how_rare_a_term_is_counts_passages(opened: OpenGeneration) -> None:
    of = {number: set(terms(text)) for number, text in texts(opened).items()}
    for term in ("needl", "spur", "thinner", "zebra"):
        holding = sum(term in words for words in of.values())
        assert opened.keyword.passages_with(term) == holding
        rarity = log(1 + (len(of) - holding + 0.5) / (holding + 0.5))
        assert opened.keyword.rarity(term) == pytest.approx(rarity)
    in_headings = sum(
        "spur" in terms(one.passage.context) for one in opened.store.passages(list(of))
    )
    rarity = log(1 + (len(of) - in_headings + 0.5) / (in_headings + 0.5))
    ceiling = opened.keyword.ceiling(Field.HEADING, ["spur", "spur"])
    assert ceiling == pytest.approx((K1 + 1) * rarity)


def test_places_headings_and_sentences_belong_to_their_passages(opened: OpenGeneration) -> None:
    store, numbers = opened.store, sorted(texts(opened), reverse=True)
    places, passages = store.places(numbers), store.passages(numbers)
    assert [one.number for one in passages] == list(places.numbers) == numbers
    assert [one.role for one in passages] == list(places.roles)
    held = store.context_terms(places.contexts)
    subjects = store.subjects(places.articles)
    ids = store.article_ids(numbers)
    vector = concept_vector("needle")
    for one, context, article in zip(passages, places.contexts, places.articles, strict=True):
        assert held[context] == frozenset(terms(one.passage.context))
        assert subjects[article].treatment == one.metadata.treatment
        assert ids[one.number] == one.passage.article_id
        assert opened.headings.vectors([context])[0] == pytest.approx(
            concept_vector(one.passage.context), abs=1e-6
        )
        assert store.passage_at(one.passage.article_id, one.passage.start) == one.number
    for one, cosines in zip(passages, opened.sentences.cosines_of(numbers, vector), strict=True):
        if one.passage.article_id == "jabs/steroid.txt":
            assert cosines == pytest.approx([0.0], abs=0.02)
        if one.passage.article_id == "00.md":
            assert cosines == pytest.approx([1.0], abs=0.02)


def test_lists_of_neighbours_choose_and_exact_cosines_decide(
    milvus: MilvusServer, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from treatment_search.cluster import layout

    monkeypatch.setattr(layout, "LISTS_FROM", 4)
    monkeypatch.setattr(layout, "LISTS", 8)
    monkeypatch.setattr(layout, "PROBED", 64)
    served = Index(tmp_path / "lists", ClusterAddress(milvus.uri, "lists", tmp_path / "lists"))
    served.ingest(corpus)
    there, here = live_index(served.address).opened(), live_index(served.folder).opened()
    for question in ("needle", "heel spur in the morning", "doctor"):
        vector = concept_vector(question)
        for count in (1, 5):
            assert there.dense.search(vector, count) == here.dense.search(vector, count)
