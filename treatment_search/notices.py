"""Articles -> what their keeper should know about each, beside what stands in its notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from treatment_search.records import Article, FileNote

# A page that says only that it needs a script, or a cover, is shorter than any answer.
FEWEST_WORDS = 20


def notices(articles: Sequence[Article]) -> Iterator[FileNote]:
    """Yield each article's notes, then whether it is very short or the same as another.

    Of articles with the same text the first one in order is the one that the others repeat.
    """
    first: dict[str, str] = {}
    for article in articles:
        for note in article.notes:
            yield FileNote(article.article_id, note)
        words = len(article.text.split())
        if words < FEWEST_WORDS:
            yield FileNote(article.article_id, f"very short: {_counted(words)}")
        original = first.setdefault(article.text, article.article_id)
        if original != article.article_id:
            yield FileNote(article.article_id, f"the same text as '{original}'")


def _counted(words: int) -> str:
    return "1 word" if words == 1 else f"{words} words"
