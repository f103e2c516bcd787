from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.peers.environments import REQUIREMENTS
from benchmarks.peers.measure import ratios, rotated
from benchmarks.peers.quality import Judgements, beir_judgements, documents, measured, subsample
from tests.conftest import ROOT


def test_another_begins_each_repeat() -> None:
    assert [rotated("abc", repeat) for repeat in range(4)] == [
        ["a", "b", "c"],
        ["b", "c", "a"],
        ["c", "a", "b"],
        ["a", "b", "c"],
    ]


def test_ratios_are_over_the_best() -> None:
    assert ratios({"a": 10.0, "b": 5.0}, 10.0) == {"a": 1.0, "b": 0.5}


def test_a_document_stands_where_its_best_passage_does() -> None:
    assert documents(["b@9", "a@0", "b@0"], {"a@0": "a", "b@0": "b", "b@9": "b"}) == ["b", "a"]


def test_measures_are_those_of_the_ranking_given() -> None:
    judgements = Judgements({"q": "?"}, {"q": {"a": 3, "b": 1}})
    assert measured(judgements, {"q": ["a", "b"]}) == {"nDCG@10": 1.0, "recall@10": 1.0}
    # Second place counts 1 / log2(3) of its grade; the best order gives 3 + 1 / log2(3).
    assert measured(judgements, {"q": ["x", "b"]})["nDCG@10"] == pytest.approx(
        0.6309 / 3.6309, abs=1e-4
    )


def test_a_subsample_keeps_what_was_judged_and_depends_on_the_seed_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "qrels").mkdir(parents=True)
    rows = [{"_id": f"d{n}", "title": "", "text": "t"} for n in range(20)]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "queries.jsonl").write_text('{"_id": "q", "text": "?"}\n')
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\td3\t2\nq\td7\t0\n")
    assert beir_judgements(folder).grades == {"q": {"d3": 2, "d7": 0}}
    kept = []
    for name in ("one", "two"):
        assert subsample(folder, tmp_path / name, 5) == 7
        lines = (tmp_path / name / "corpus.jsonl").read_text().splitlines()
        kept.append([json.loads(line)["_id"] for line in lines])
    assert kept[0] == kept[1]
    assert {"d3", "d7"} < set(kept[0])
    assert subsample(folder, tmp_path / "all", None) == 20


def test_peers_multiply_with_the_torch_of_the_product_and_are_no_part_of_it() -> None:
    product = (ROOT / "requirements.txt").read_text("utf-8")
    (torch,) = [line for line in product.splitlines() if line.startswith("torch==")]
    for peer, packages in REQUIREMENTS.items():
        assert torch in packages, peer
        assert all("==" in package for package in packages), peer
        assert packages[0].split("==")[0] not in product, peer
