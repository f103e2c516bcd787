"""The project's judged questions hold what docs/ranking.md says of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.quality.judged import JudgedQuestion, read_questions
from tests.conftest import ROOT
from treatment_search.analysis import terms
from treatment_search.reading import read_article
from treatment_search.records import Article, Metadata, Passage, Role, StoredPassage

QUESTIONS = read_questions(ROOT / "benchmarks" / "quality" / "questions.tsv")
ANSWERABLE = [question for question in QUESTIONS if question.answers]


def articles() -> dict[str, Article]:
    paths = sorted((ROOT / "corpus").glob("*.md"))
    return {path.name: read_article(path.name, path.read_bytes()) for path in paths}


def test_there_are_enough_of_each_kind() -> None:
    assert len(QUESTIONS) >= 150
    assert len(QUESTIONS) - len(ANSWERABLE) >= 20
    assert len({question.text for question in QUESTIONS}) == len(QUESTIONS)
    kinds = Counter(question.kind for question in ANSWERABLE)
    assert set(kinds) == {
        "american", "aspect", "british", "lay", "medical", "misspelt", "oddity", "short", "story",
    }  # fmt: skip


def test_every_label_names_a_section_or_article_that_exists() -> None:
    known = articles()
    for question in ANSWERABLE:
        for article_id, heading in question.answers:
            article = known[article_id]
            headings = {section.headings[-1] for section in article.sections}
            assert heading in headings | {""}, question.text


def test_every_article_answers_some_question() -> None:
    answering = {a for q in ANSWERABLE for (a, _), grade in q.answers.items() if grade == 3}
    assert answering == set(articles())


def test_fewer_than_half_share_a_word_with_the_title_of_their_best_article() -> None:
    known = articles()

    def shares(question: JudgedQuestion) -> bool:
        best = max(question.answers.values())
        titles = [known[a].title for (a, _), grade in question.answers.items() if grade == best]
        return any(set(terms(question.text)) & set(terms(title)) for title in titles)

    assert sum(map(shares, ANSWERABLE)) < len(ANSWERABLE) / 2


def passage(article_id: str, heading: str) -> StoredPassage:
    text = Passage(article_id, 0, (heading,), "", 0, 0, "")
    return StoredPassage(0, "", Metadata(), text, Role.ABOUT)


def test_a_passage_counts_as_its_section_only_where_the_labels_tell_sections_apart() -> None:
    question = JudgedQuestion("all", "q", {("a.md", "Dose"): 3, ("b.md", ""): 2})
    shown = [
        passage("b.md", "Risks"),
        passage("a.md", "Dose"),
        passage("b.md", "Dose"),
        passage("a.md", "Risks"),
        passage("c.md", "Dose"),
    ]
    assert list(question.units(shown)) == [
        ("b.md", ""),
        ("a.md", "Dose"),
        ("a.md", "Risks"),
        ("c.md", ""),
    ]


@pytest.mark.parametrize("label", ["gout", "gout:4", ":3", "gout#What it is"])
def test_a_label_that_is_none_is_told_with_its_line(tmp_path: Path, label: str) -> None:
    path = tmp_path / "q.tsv"
    path.write_text(f"what is it\tgout:3\nwhy\t{label}\n", "utf-8")
    with pytest.raises(ValueError, match=r"line 2: '.*' is no article"):
        read_questions(path)


def test_two_columns_and_none_are_read(tmp_path: Path) -> None:
    path = tmp_path / "q.tsv"
    path.write_text("what is it\tgout:3,taping#Sources:1\nwhy\tnone:0\n", "utf-8")
    assert read_questions(path) == [
        JudgedQuestion("all", "what is it", {("gout.md", ""): 3, ("taping.md", "Sources"): 1}),
        JudgedQuestion("all", "why", {}),
    ]
