"""Articles -> what their keeper should know about each, beside what stands in its notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from treatment_search.keys import text_key
from treatment_search.records import Article, ArticleSummary, FileNote

# A page that says only that it needs a script, or a cover, is shorter than any answer.
FEWEST_WORDS = 20


def summary_of(article: Article) -> ArticleSummary:
    """Return what is told about an article later, when its text is not at hand."""
    return ArticleSummary(
        article.article_id, article.notes, len(article.text.split()), text_key(article.text)
    )


def notices(articles: Iterable[ArticleSummary]) -> Iterator[FileNote]:
    """Yield each article's notes, then whether it is very short or the same as another.

    Of articles with the same text the first one in order is the one that the others repeat.
    """
    first: dict[bytes, str] = {}
    for article in articles:
        for note in article.notes:
            yield FileNote(article.article_id, note)
        if article.words < FEWEST_WORDS:
            yield FileNote(article.article_id, f"very short: {_counted(article.words)}")
        original = first.setdefault(article.text_key, article.article_id)
        if original != article.article_id:
            yield FileNote(article.article_id, f"the same text as '{original}'")


def _counted(words: int) -> str:
    return "1 word" if words == 1 else f"{words} words"
