"""Judged questions in a table: kind, question, answers; labels name articles and sections.

A label never names a passage number, so that cutting articles another way spoils none:
`gout:3` is any section of gout.md, `gout#What to avoid:2` that section. Grades: 3 answers the
question, 2 is useful, 1 is related. `none` (or `none:0`): nothing here answers it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from treatment_search.records import StoredPassage

Answer = tuple[str, str]
"""An article id and a heading, the heading empty for the whole article."""


@dataclass(frozen=True, slots=True)
class JudgedQuestion:
    """A question as somebody typed it, its kind, and the grade of each answer."""

    kind: str
    text: str
    answers: dict[Answer, int]

    def units(self, passages: Iterable[StoredPassage]) -> Iterator[Answer]:
        """Yield what each passage counts as, each once.

        That is its section where this question's labels tell sections of its article apart,
        else its article.
        """
        by_section = {article for article, heading in self.answers if heading}
        seen = set()
        for stored in passages:
            article = stored.passage.article_id
            heading = stored.passage.headings[-1] if stored.passage.headings else ""
            unit = (article, heading if article in by_section else "")
            if unit not in seen:
                seen.add(unit)
                yield unit


def read_questions(path: Path) -> list[JudgedQuestion]:
    """Return the questions of a table; two columns (question, answers) have the kind "all"."""
    questions = []
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE), 1):
            if row[:2] in (["kind", "question"], []):
                continue
            *kind, text, labels = row
            try:
                answers = dict(map(_label, [] if labels.startswith("none") else labels.split(",")))
            except ValueError as error:
                raise ValueError(f"{path} line {number}: {error}") from error
            questions.append(JudgedQuestion(kind[0] if kind else "all", text, answers))
    return questions


def _label(label: str) -> tuple[Answer, int]:
    place, _, grade = label.rpartition(":")
    article, _, heading = place.partition("#")
    if grade not in ("1", "2", "3") or not article:
        raise ValueError(f"{label!r} is no article[#section]:grade")
    return (f"{article}.md", heading), int(grade)
