"""Can what was just ingested be found? Each article by its own title and headings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from treatment_search.chunking import is_reference_section
from treatment_search.engine import Engine
from treatment_search.records import Article, FileNote

# An article that its own words do not bring among the first three will not be found by others'.
TOP = 3
# A question takes about 10 ms; a check must cost seconds however large the collection is.
MOST_QUESTIONS = 400


def self_check(
    engine: Engine, articles: Sequence[Article], asked: Callable[[int], None]
) -> list[FileNote]:
    """Return a note for each title and heading that does not find its own article.

    Asks at most MOST_QUESTIONS, spread evenly; `asked` is told of each.
    """
    questions = [(article, words) for article in articles for words in _questions(article)]
    step = max(1, -(-len(questions) // MOST_QUESTIONS))
    notes = []
    for article, words in questions[::step]:
        found = [article_id for article_id, _ in engine.rank_articles(words)[:TOP]]
        if article.article_id not in found:
            first = found[0] if found else "nothing"
            reason = f"asked {words!r:.100}, it is not among the first {TOP}; {first} comes first"
            notes.append(FileNote(article.article_id, reason))
        asked(1)
    return notes


def _questions(article: Article) -> Iterator[str]:
    """Yield the title, and each heading with the title: alone it may stand in many articles."""
    yield article.title
    for headings in dict.fromkeys(
        s.headings for s in article.sections if s.headings and s.end > s.start
    ):
        if not is_reference_section(headings):
            yield f"{headings[-1]}: {article.title}"
