"""Thumbs given on results -> judged questions, in the layout that `evaluate` reads."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from treatment_search.question_groups import question_key
from treatment_search.records import Article, Passage, StoredPassage

FOLDER = "judged-questions"
"""The one folder in the archive."""


@dataclass(frozen=True, slots=True)
class Thumb:
    """A vote on a passage as the answer to a question.

    `vote` is a random name of this vote alone, so that it can be changed; `passage` the SHA-256
    of the passage's text; `grade` 1 when it helped, 0 when it did not, None when it was taken back.
    """

    time: str
    vote: str
    question: str
    article_id: str
    start: int
    passage: str
    grade: int | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether an article helps with a question: 1 or 0."""

    question: str
    article_id: str
    grade: int


def passage_digest(passage: Passage) -> str:
    """Return the SHA-256 of a passage's text."""
    return sha256(passage.text.encode()).hexdigest()


def judgements(
    thumbs: Iterable[Thumb], passages_of: Callable[[str], Sequence[StoredPassage]]
) -> list[Judgement]:
    """Return what the thumbs say about whole articles, by question and article.

    A passage helps when more people found so than not; an article helps when a passage of it
    does. Left out: passages that are not in the articles any more, ties, and questions that
    nothing helped with, which every search would answer equally badly.
    """
    texts: dict[str, str] = {}
    votes: dict[tuple[str, str], dict[str, int]] = {}
    present: dict[str, set[str]] = {}
    for thumb in thumbs:
        if thumb.article_id not in present:
            passages = [stored.passage for stored in passages_of(thumb.article_id)]
            present[thumb.article_id] = set(map(passage_digest, passages))
        if thumb.grade is None or thumb.passage not in present[thumb.article_id]:
            continue
        key = question_key(thumb.question)
        texts.setdefault(key, thumb.question)
        of_passages = votes.setdefault((key, thumb.article_id), {})
        more = 1 if thumb.grade else -1
        of_passages[thumb.passage] = of_passages.get(thumb.passage, 0) + more
    grades = {
        place: int(max(balances) > 0)
        for place, of_passages in votes.items()
        if (balances := [balance for balance in of_passages.values() if balance])
    }
    helped = {key for (key, _), grade in grades.items() if grade}
    return [
        Judgement(texts[key], article_id, grade)
        for (key, article_id), grade in sorted(grades.items())
        if key in helped
    ]


def beir_files(judged: Iterable[Judgement], articles: Iterable[Article]) -> dict[str, str]:
    """Return the files of BEIR's layout by their paths: every article, the questions, the grades.

    Source of the layout: Thakur et al., BEIR, arXiv 2104.08663.
    """
    corpus = [{"_id": a.article_id, "title": a.title, "text": a.text} for a in articles]
    numbers: dict[str, str] = {}
    qrels = io.StringIO()
    rows = csv.writer(qrels, delimiter="\t", lineterminator="\n")
    rows.writerow(("query-id", "corpus-id", "score"))
    for judgement in judged:
        query_id = numbers.setdefault(judgement.question, f"q{len(numbers) + 1}")
        rows.writerow((query_id, judgement.article_id, judgement.grade))
    queries = [{"_id": query_id, "text": text} for text, query_id in numbers.items()]
    return {
        "corpus.jsonl": _json_lines(corpus),
        "queries.jsonl": _json_lines(queries),
        "qrels/test.tsv": qrels.getvalue(),
    }


def zipped(files: dict[str, str]) -> bytes:
    """Return the files as a zip archive with one folder in it."""
    with TemporaryDirectory() as temporary:
        for path, content in files.items():
            file = Path(temporary) / "in" / FOLDER / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, "utf-8", newline="")
        base, root = Path(temporary) / FOLDER, Path(temporary) / "in"
        return Path(shutil.make_archive(str(base), "zip", root, FOLDER)).read_bytes()


def _json_lines(records: Iterable[dict[str, str]]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
