from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.concepts import ConceptEncoder
from treatment_search.engine import Engine
from treatment_search.evaluation import evaluate
from treatment_search.judged import (
    FOLDER,
    Judgement,
    Thumb,
    beir_files,
    judgements,
    passage_digest,
    zipped,
)
from treatment_search.records import Article


@pytest.fixture
def thumb(engine: Engine) -> Thumb:
    """A helpful vote on the first passage of needling.md."""
    passage = engine.passages_of("needling.md")[0].passage
    digest = passage_digest(passage)
    return Thumb("2026-11-23", "v", "do pins help", "needling.md", passage.start, digest, 1)


def test_an_article_helps_when_more_found_so_than_not(engine: Engine, thumb: Thumb) -> None:
    against = replace(thumb, grade=0)
    other = engine.passages_of("stretching.md")[0].passage
    no = replace(thumb, article_id="stretching.md", passage=passage_digest(other), grade=0)
    assert judgements([thumb, thumb, against, no], engine.passages_of) == [
        Judgement("do pins help", "needling.md", 1),
        Judgement("do pins help", "stretching.md", 0),
    ]


def test_one_passage_that_helps_is_enough_for_its_article(engine: Engine, thumb: Thumb) -> None:
    second = engine.passages_of("needling.md")[1].passage
    against = replace(thumb, passage=passage_digest(second), grade=0)
    said = [against, against, replace(thumb, question="Do pins help?")]
    assert judgements(said, engine.passages_of) == [Judgement("do pins help", "needling.md", 1)]


@pytest.mark.parametrize("left_out", ["tie", "changed", "gone", "nothing helped"])
def test_what_tells_nothing_is_left_out(engine: Engine, thumb: Thumb, left_out: str) -> None:
    votes = {
        "tie": [thumb, replace(thumb, grade=0)],
        "changed": [replace(thumb, passage="another text")],
        "gone": [replace(thumb, article_id="gone.md")],
        "nothing helped": [replace(thumb, grade=0)],
    }
    assert judgements(votes[left_out], engine.passages_of) == []


def test_the_archive_is_evaluated_as_it_is(
    engine: Engine, encoder: ConceptEncoder, thumb: Thumb, tmp_path: Path
) -> None:
    judged = judgements([thumb], engine.passages_of)
    articles = [a for e in engine.catalogue() if (a := engine.article(e.article_id))]
    (tmp_path / "a.zip").write_bytes(zipped(beir_files(judged, articles)))
    shutil.unpack_archive(tmp_path / "a.zip", tmp_path)
    folder = tmp_path / FOLDER
    measured = evaluate(folder, encoder, cache=tmp_path / "cache")
    # "pins" and "needle" are one axis of the fake model, so the needling article is the first.
    assert (measured.questions, measured.ndcg_at_10, measured.success_at_1) == (1, 1.0, 1.0)
    documents = list(map(json.loads, (folder / "corpus.jsonl").read_text("utf-8").split("\n")[:-1]))
    assert [one["_id"] for one in documents] == ["jabs/steroid.txt", "needling.md", "stretching.md"]
    assert documents[1]["title"] == "Dry needling for heel spur"


def test_names_and_questions_with_tabs_and_quotes_come_back_whole() -> None:
    article = Article('a"b\tc.md', 'T "x"', "line\n\nline \u2028", ())
    files = beir_files([Judgement('say "x"\t', article.article_id, 1)], [article])
    assert json.loads(files["corpus.jsonl"].split("\n")[0])["text"] == article.text
    assert json.loads(files["queries.jsonl"])["text"] == 'say "x"\t'
    assert files["qrels/test.tsv"] == 'query-id\tcorpus-id\tscore\nq1\t"a""b\tc.md"\t1\n'
