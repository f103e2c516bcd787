"""Can what was just ingested be found? Each article by its own title and headings."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from treatment_search.address import ClusterAddress
from treatment_search.chunking import is_reference_section
from treatment_search.encoder import Encoder
from treatment_search.engine import Engine
from treatment_search.errors import QuestionRefused
from treatment_search.ingestion import ingest
from treatment_search.progress import IngestProgress, Silence
from treatment_search.questions import MOST_CHARACTERS
from treatment_search.records import Article, FileNote, IngestReport
from treatment_search.serving import publish_to

# An article that its own words do not bring among the first three will not be found by others'.
TOP = 3
# A question takes about 10 ms; a check must cost seconds however large the collection is.
MOST_QUESTIONS = 400


def ingest_and_check(
    corpus: Path,
    index: Path,
    encoder: Encoder,
    *,
    progress: IngestProgress | None = None,
    cluster: ClusterAddress | None = None,
    **options: bool,
) -> IngestReport:
    """Ingest, then warn of each article touched that its own title or headings do not find.

    The options are those of `ingest`: dry_run, rebuild, allow_removal. With `cluster`, the server
    gets what the folder has then.
    """
    progress = progress or Silence()
    started = time.monotonic()
    report = _checked(corpus, index, encoder, progress, **options)
    if cluster and not report.dry_run:
        publish_to(cluster, index, progress)
    return replace(report, seconds=round(time.monotonic() - started, 3))


def _checked(
    corpus: Path, index: Path, encoder: Encoder, progress: IngestProgress, **options: bool
) -> IngestReport:
    report = ingest(corpus, index, encoder, progress=progress, **options)
    if report.dry_run or not report.touched:
        return report
    engine = Engine(index, encoder_for=lambda _: encoder)
    articles = [article for name in report.touched if (article := engine.article(name))]
    warnings = (*report.warnings, *self_check(engine, articles, progress))
    return replace(report, warnings=tuple(sorted(warnings, key=lambda note: note.path)))


def self_check(
    engine: Engine, articles: Sequence[Article], progress: IngestProgress
) -> list[FileNote]:
    """Return a note for each title and heading that does not find its own article.

    Asks at most MOST_QUESTIONS, spread evenly.
    """
    questions = [(article, words) for article in articles for words in _questions(article)]
    step = max(1, -(-len(questions) // MOST_QUESTIONS))
    progress.start("checking that it can be found", len(questions[::step]))
    notes = []
    for article, words in questions[::step]:
        if reason := _not_found(engine, article.article_id, words):
            notes.append(FileNote(article.article_id, reason))
        progress.advance(1)
    return notes


def _not_found(engine: Engine, article_id: str, words: str) -> str:
    """Return why these words do not find the article, "" when they do."""
    try:
        found = [found_id for found_id, _ in engine.rank_articles(words)[:TOP]]
    except QuestionRefused:
        return f"asked {words!r:.100}, it cannot be searched: give titles and headings a few words"
    first = found[0] if found else "nothing"
    missing = f"asked {words!r:.100}, it is not among the first {TOP}; {first} comes first"
    return "" if article_id in found else missing


def _questions(article: Article) -> Iterator[str]:
    """Yield the title, and each heading with the title: alone it may stand in many articles.

    With a title that is longer than a question may be, only the title.
    """
    yield article.title
    for headings in dict.fromkeys(
        s.headings for s in article.sections if s.headings and s.end > s.start
    ):
        if len(article.title) <= MOST_CHARACTERS and not is_reference_section(headings):
            yield f"{headings[-1]}: {article.title}"
