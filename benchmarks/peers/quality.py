"""How well each answers judged questions: one ranking of documents a question, then the measures.

Every peer ranks the product's own passages (heading path in front); a document counts by its best
passage.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ir_measures
from ir_measures import R, nDCG

from benchmarks.measuring import QUESTIONS
from benchmarks.quality.judged import JudgedQuestion, read_questions
from treatment_search.records import StoredPassage

MEASURES = {"nDCG@10": nDCG @ 10, "recall@10": R @ 10}
# Passages that each peer ranks; a question's best ten documents are always among them.
DEPTH = 200


@dataclass(frozen=True, slots=True)
class Judgements:
    """Questions by id, and the grade of each document that was judged for one."""

    questions: dict[str, str]
    grades: dict[str, dict[str, int]]


def measured(judgements: Judgements, ranked: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Return the mean of each measure; `ranked` has the documents of a question, best first."""
    judged = [
        ir_measures.Qrel(question, document, grade)
        for question, grades in judgements.grades.items()
        for document, grade in grades.items()
    ]
    run = [
        ir_measures.ScoredDoc(question, document, float(-rank))
        for question, documents in ranked.items()
        for rank, document in enumerate(documents)
    ]
    found = ir_measures.calc_aggregate(list(MEASURES.values()), judged, run)
    return {name: round(float(found[measure]), 4) for name, measure in MEASURES.items()}


def own_judgements() -> tuple[Judgements, dict[str, JudgedQuestion]]:
    """Return the project's answerable questions over corpus/, with what tells their units."""
    asked = {str(n): q for n, q in enumerate(read_questions(QUESTIONS)) if q.answers}
    return (
        Judgements(
            {number: one.text for number, one in asked.items()},
            {
                number: {"#".join(unit): grade for unit, grade in one.answers.items()}
                for number, one in asked.items()
            },
        ),
        asked,
    )


def units(question: JudgedQuestion, ranked: Sequence[StoredPassage]) -> list[str]:
    """Return the articles or sections that a ranking of passages names, each once."""
    return ["#".join(unit) for unit in question.units(ranked)]


def documents(ranked: Sequence[str], of_passage: Mapping[str, str]) -> list[str]:
    """Return the documents of ranked passages, each once, by its best passage."""
    return list(dict.fromkeys(of_passage[passage] for passage in ranked))


def beir_judgements(folder: Path) -> Judgements:
    """Return the judged questions of a folder in BEIR's layout."""
    lines = (folder / "queries.jsonl").read_text("utf-8").splitlines()
    texts = {row["_id"]: row["text"] for row in map(json.loads, filter(None, lines))}
    grades: dict[str, dict[str, int]] = {}
    for line in (folder / "qrels" / "test.tsv").read_text("utf-8").splitlines():
        question, document, grade = line.split("\t")
        if grade.lstrip("-").isdigit():
            grades.setdefault(question, {})[document] = int(grade)
    return Judgements({question: texts[question] for question in grades}, grades)


def subsample(folder: Path, target: Path, others: int | None, seed: int = 0) -> int:
    """Write the folder with its judged documents and so many others; return how many documents.

    The others are drawn with the seed; None keeps all. Order stays.
    """
    judged = {name for grades in beir_judgements(folder).grades.values() for name in grades}
    rows = list(_documents(folder))
    unjudged = [row["_id"] for row in rows if row["_id"] not in judged]
    if others is not None and others < len(unjudged):
        unjudged = random.Random(seed).sample(sorted(unjudged), others)  # noqa: S311
    kept = judged.union(unjudged)
    chosen = [row for row in rows if row["_id"] in kept]
    (target / "qrels").mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in chosen)
    (target / "corpus.jsonl").write_text(text, "utf-8")
    for name in ("queries.jsonl", "qrels/test.tsv"):
        (target / name).write_bytes((folder / name).read_bytes())
    return len(chosen)


def _documents(folder: Path) -> Iterator[dict[str, str]]:
    plain, packed = folder / "corpus.jsonl", folder / "corpus.jsonl.gz"
    data = plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes())
    yield from (json.loads(line) for line in data.decode("utf-8").splitlines() if line.strip())
