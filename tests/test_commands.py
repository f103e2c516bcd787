"""The command lines, as a person runs them, with the real model."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import lend_model, run

pytestmark = pytest.mark.real_model

Ingested = tuple[Path, "subprocess.CompletedProcess[str]"]


def test_ingest_prints_one_json_object_and_nothing_else(real_ingest: Ingested) -> None:
    report = json.loads(real_ingest[1].stdout)
    assert real_ingest[1].stdout.count("\n") == 1
    assert (report["articles"], report["added"], report["skipped"]) == (5, 5, [])
    assert report["embedded"] == report["passages"] > 30
    assert real_ingest[1].stderr == ""  # no warning, no loading bar, no hub


def test_a_second_ingest_embeds_nothing(real_index: Path, starter_articles: Path) -> None:
    done = run("ingest.py", "--corpus", str(starter_articles), "--index", str(real_index), "--json")
    report = json.loads(done.stdout)
    assert (report["unchanged"], report["embedded"], report["added"]) == (5, 0, 0)


def test_search_ranks_the_passage_that_answers_first(real_index: Path) -> None:
    index = str(real_index)
    done = run(
        "-m",
        "treatment_search",
        "search",
        "who must not have needles put in the calf",
        "--index",
        index,
        "--json",
    )
    result = json.loads(done.stdout)
    assert done.stderr == ""
    assert result["verdict"] == "found"
    best = result["hits"][0]
    assert (best["article_id"], best["headings"]) == ("dry-needling.md", ["Who should not"])
    assert [hit["rank"] for hit in result["hits"]] == list(range(1, len(result["hits"]) + 1))
    scores = [hit["score"] for hit in result["hits"]]
    assert scores == sorted(scores, reverse=True)


def test_a_batch_of_questions_gives_one_object_a_line_and_names_the_bad_one(
    real_index: Path,
) -> None:
    done = run(
        "-m",
        "treatment_search",
        "search",
        "-",
        "--index",
        str(real_index),
        "-k",
        "1",
        stdin="what is gout\n\n" + "x" * 100_000 + "\nhow do I bake bread\n",
    )
    first, empty, long, bread = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 0
    assert [hit["article_id"] for hit in first["hits"]] == ["gout.md"]
    assert "the question is empty" in empty["error"]
    assert "100,000 characters" in long["error"]
    assert (bread["verdict"], bread["hits"]) == ("nothing", [])


def test_without_an_index_one_line_says_what_to_run(tmp_path: Path) -> None:
    done = run("-m", "treatment_search", "search", "heel", "--index", str(tmp_path / "none"))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "Run: python ingest.py" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("ingest.py", "--nonsense"),
        ("-m", "treatment_search", "search"),
        ("-m", "treatment_search", "search", "heel", "-k", "0"),
        ("-m", "treatment_search", "nonsense"),
    ],
)
def test_bad_arguments_end_with_status_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).returncode == 2


def test_a_missing_corpus_ends_with_status_1_and_one_line(tmp_path: Path) -> None:
    done = run("ingest.py", "--corpus", str(tmp_path / "none"), "--index", str(tmp_path / "index"))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "Create it and put articles in it" in done.stderr


def test_an_unknown_model_says_how_to_get_it(tmp_path: Path) -> None:
    done = run("ingest.py", "--model", str(tmp_path), "--index", str(tmp_path / "index"))
    assert done.returncode == 1
    assert "not a sentence-transformers model" in done.stderr


def test_status_rollback_and_status_again(tmp_path: Path, real_index: Path) -> None:
    corpus, index = tmp_path / "corpus", str(tmp_path / "index")
    lend_model(tmp_path / "index", real_index)
    corpus.mkdir()
    (corpus / "a.md").write_text("# Ice\n\nIce numbs the heel.\n")
    options = ("--corpus", str(corpus), "--index", index)
    first = json.loads(run("ingest.py", *options, "--json").stdout)["generation"]
    (corpus / "b.md").write_text("# Heat\n\nHeat warms the calf.\n")
    text = run("ingest.py", *options).stdout
    assert "added 1 · changed 0 · removed 0 · unchanged 1" in text
    status = json.loads(run("-m", "treatment_search", "status", "--index", index, "--json").stdout)
    assert (status["articles"], status["previous"]) == (2, first)
    assert run("-m", "treatment_search", "rollback", "--index", index).stdout == f"Live: {first}\n"
    again = run("-m", "treatment_search", "rollback", "--index", index)
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)
    text = run("-m", "treatment_search", "status", "--index", index).stdout
    assert f"Live: {first}" in text
    assert "every file is as it was written" in text
