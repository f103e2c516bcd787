"""Judged questions with the real model: a folder and a server show the same.

TREATMENT_SEARCH_FAULTS=1 asks all of them over the whole starter collection, which takes minutes.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.contract.milvus import MilvusServer
from treatment_search.address import ClusterAddress
from treatment_search.encoder import load_encoder
from treatment_search.engine import Engine
from treatment_search.ingestion import ingest
from treatment_search.live import live_index
from treatment_search.progress import Silence
from treatment_search.records import Field, SearchResult
from treatment_search.serving import publish_to

pytestmark = pytest.mark.real_model

QUESTIONS = ROOT / "benchmarks" / "quality" / "questions.tsv"
WHOLE = bool(os.environ.get("TREATMENT_SEARCH_FAULTS"))
EVERY = 1 if WHOLE else 15


def questions() -> list[str]:
    with QUESTIONS.open(encoding="utf-8") as file:
        return [row["question"] for row in csv.DictReader(file, delimiter="\t")][::EVERY]


def shown(result: SearchResult) -> list[object]:
    hits = [(hit.passage.passage.article_id, hit.passage.passage.start) for hit in result.hits]
    bands = [(hit.band, hit.sentence, hit.words, hit.also_in) for hit in result.hits]
    around = (result.verdict, result.passages, result.facets, result.topics)
    urgent = [(one.passage.passage, one.sentence) for one in result.urgent]
    return [hits, bands, around, urgent, result.repairs, result.also]


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if not WHOLE:
        found: Path = request.getfixturevalue("real_index")
        return found
    ingest(ROOT / "corpus", tmp_path / "index", load_encoder())
    return tmp_path / "index"


def test_judged_questions_are_answered_alike(milvus: MilvusServer, folder: Path) -> None:
    encoder = load_encoder(index=folder)
    address = ClusterAddress(milvus.uri, "starter", folder)
    publish_to(address, folder, Silence())
    one = Engine(folder, encoder_for=lambda _: encoder)
    other = Engine(address, encoder_for=lambda _: encoder)
    asked = questions()
    assert len(asked) >= 20
    for question in asked:
        here, there = one.search(question), other.search(question)
        assert shown(here) == shown(there), question
        for hit, same in zip(here.hits, there.hits, strict=True):
            assert hit.score == pytest.approx(same.score, abs=1e-5)
            assert hit.keyword == pytest.approx(same.keyword, abs=1e-5)
    tantivy, server = live_index(folder).opened(), live_index(address).opened()
    for field in Field:  # scores over lengths that tantivy rounds
        for terms in (["heel", "pain"], ["stretch", "morn"], ["needl"]):
            found = dict(server.keyword.search(field, terms, 100))
            assert found == pytest.approx(dict(tantivy.keyword.search(field, terms, 100)), rel=1e-4)
