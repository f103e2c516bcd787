"""Which generation answers, on every back end."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.concepts import ConceptEncoder
from tests.contract.conftest import Index
from treatment_search import amending
from treatment_search.address import ClusterAddress
from treatment_search.errors import IndexNotBuilt, IndexOutdated, NothingToRollBack
from treatment_search.evaluation import evaluate
from treatment_search.records import Mode, SearchResult, Verdict

Write = Callable[[str, str], Path]


def test_an_index_that_never_was_says_how_to_make_it(served: Index) -> None:
    with pytest.raises(IndexNotBuilt, match=r"python ingest\.py"):
        served.engine().search("needle")


def test_an_empty_index_answers_nothing(served: Index, corpus: Path) -> None:
    served.ingest(corpus)
    for path in [*corpus.rglob("*.md"), *corpus.rglob("*.txt")]:
        path.unlink()
    served.ingest(corpus, allow_removal=True)
    engine = served.engine()
    for mode in Mode:
        assert engine.search("needle", mode=mode).verdict is Verdict.NOTHING
    assert engine.catalogue() == []
    assert engine.article("needling.md") is None


def test_another_model_is_refused(served: Index, corpus: Path) -> None:
    served.ingest(corpus)
    with pytest.raises(IndexOutdated):
        served.engine(ConceptEncoder("2")).search("needle")


def test_a_new_generation_answers_from_the_next_question_on(
    served: Index, corpus: Path, write: Write
) -> None:
    first = served.ingest(corpus)
    engine = served.engine()
    assert engine.search("needle").generation == first.generation
    write("new.md", "# Needles of gold\n\n## How\n\nA needle of gold.\n")
    second = served.ingest(corpus)
    result = engine.search("needle of gold")
    assert result.generation == second.generation != first.generation
    assert result.hits[0].passage.passage.article_id == "new.md"


def test_the_generation_before_comes_back_and_no_other(
    served: Index, corpus: Path, write: Write
) -> None:
    first = served.ingest(corpus)
    with pytest.raises(NothingToRollBack):
        served.roll_back()
    write("new.md", "# Needles of gold\n\n## How\n\nA needle of gold.\n")
    served.ingest(corpus)
    engine = served.engine()
    assert engine.article("new.md") is not None
    assert served.roll_back() == first.generation
    assert engine.article("new.md") is None
    assert engine.search("needle").generation == first.generation
    third = served.ingest(corpus)  # the files are as they were
    assert engine.search("needle").generation == third.generation
    assert engine.article("new.md") is not None


def test_holes_are_found_by_nothing(
    served: Index, corpus: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(amending, "AMENDED_FROM", 1)
    for number in range(12):
        write(f"{number:02}.md", f"# Needle {number}\n\n## How\n\nThe needle number {number}.\n")
    served.ingest(corpus)
    (corpus / "03.md").unlink()
    write("05.md", "# Stretch\n\n## How\n\nA gleaming stretch.\n")
    served.ingest(corpus)
    engine = served.engine()
    assert engine.manifest.whole > engine.manifest.passages  # it was amended, not written anew
    ranked = [name for name, _ in engine.rank_articles("needle stretch")]
    assert "03.md" not in ranked
    assert sorted(ranked) == [entry.article_id for entry in engine.catalogue()]
    assert engine.article("03.md") is None
    assert not engine.knows_words_of("number 3")
    assert engine.search("gleaming stretch").hits[0].passage.passage.article_id == "05.md"


def test_questions_during_a_replacement_are_answered_by_one_generation(
    served: Index, corpus: Path, write: Write
) -> None:
    # Every edition says its own word in each passage, so that a mixture would show.
    def edit(number: int) -> str:
        for name in "abc":
            text = f"edition{number} of the needle"
            write(f"{name}.md", f"# Needle {name}\n\n## How {name}\n\nThe {text} {name}.\n")
        return served.ingest(corpus).generation

    editions = {edit(0): 0}
    engine = served.engine()
    results: list[SearchResult] = []
    is_over = threading.Event()

    def ask() -> None:
        while not is_over.is_set():
            results.append(engine.search("needle edition", 20))

    asking = [threading.Thread(target=ask) for _ in range(2)]
    for thread in asking:
        thread.start()
    editions |= {edit(number): number for number in range(1, 4)}
    is_over.set()
    for thread in asking:
        thread.join()
    results.append(engine.search("needle edition", 20))
    assert editions[results[-1].generation] == 3
    for result in results:
        texts = [hit.passage.passage.text for hit in result.hits]
        said = [text for text in texts if "edition" in text]
        assert len(said) == 3
        assert all(f"edition{editions[result.generation]} " in text for text in said)


def test_judged_questions_are_measured_where_they_are_asked(served: Index, tmp_path: Path) -> None:
    folder = tmp_path / "judged"
    (folder / "qrels").mkdir(parents=True)
    documents = [{"_id": name, "title": name, "text": f"A {name}."} for name in ("needle", "jab")]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, documents)))
    (folder / "queries.jsonl").write_text(json.dumps({"_id": "q", "text": "pins"}))
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\tneedle\t1\n")
    cluster = served.address if isinstance(served.address, ClusterAddress) else None
    found = evaluate(folder, served.encoder, cache=tmp_path / "cache", cluster=cluster)
    assert (found.questions, found.passages) == (1, 2)
    # "pins" is "needle" to the model, and no word of a document.
    assert (found.ndcg_at_10, found.by_mode[Mode.KEYWORD]) == (1.0, 0.0)
    if cluster:
        assert len(served.engine().catalogue()) == 2
