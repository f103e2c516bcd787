"""Records -> what a command prints: one JSON object, or text for a person."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import singledispatch
from typing import Any

from treatment_search.errors import TreatmentSearchError
from treatment_search.history import Published
from treatment_search.records import (
    HEADING_SEPARATOR,
    DenseRecord,
    Evaluation,
    Hit,
    IngestReport,
    SearchResult,
    StoredPassage,
    Verdict,
)
from treatment_search.status import (
    CorpusStatus,
    GenerationStatus,
    IndexStatus,
    ServedGeneration,
    ServedStatus,
)

_MOST_NOTES = 20


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn an error raised on purpose, or by the disk, into a line on stderr and exit status 1."""
    try:
        yield
    except (TreatmentSearchError, OSError) as error:
        print_error(error)
        sys.exit(1)


def print_error(error: Exception) -> None:
    """Print an error as one line on stderr."""
    print(f"treatment-search: {error_line(error)}", file=sys.stderr, flush=True)


def error_line(error: Exception) -> str:
    """Return an error raised on purpose, or by the disk, as one line that a person can use."""
    message = str(error)
    if isinstance(error, OSError):
        where = f" '{error.filename}'" if error.filename else ""
        message = (
            f"the disk said no{where}: {error.strerror or error}. "
            "Look at free space and permissions; the index that was live still is"
        )
    return printable(message)


def printable(text: str) -> str:
    """Return `text` fit for a terminal: nothing in a file name or article can steer it."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


@singledispatch
def as_json(record: object) -> dict[str, Any]:
    """Return a record as the JSON object that docs/operating.md describes."""
    raise TypeError(f"no JSON form for {type(record).__name__}")


@as_json.register
def _(report: IngestReport) -> dict[str, Any]:
    moved = [{"from": move.source, "to": move.target} for move in report.moved]
    return {**asdict(report), "moved": moved}


@as_json.register
def _(result: SearchResult) -> dict[str, Any]:
    return {
        "question": result.question,
        "verdict": result.verdict,
        "generation": result.generation,
        "milliseconds": result.milliseconds,
        "hits": [_hit_json(hit) for hit in result.hits],
        "repairs": [asdict(repair) for repair in result.repairs],
        "also": [asdict(pair) for pair in result.also],
        "urgent": [
            {**_passage_json(one.passage), "sentence": one.sentence} for one in result.urgent
        ],
        "topics": [asdict(topic) for topic in result.topics],
        "language": asdict(result.language) if result.language else None,
        "warning": result.warning,
        "passages": result.passages,
        "facets": [asdict(value) for value in result.facets],
    }


def _passage_json(stored: StoredPassage) -> dict[str, Any]:
    passage = stored.passage
    return {
        "article_id": passage.article_id,
        "title": stored.title,
        "headings": passage.headings,
        "role": stored.role,
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "page": passage.page,
    }


def _hit_json(hit: Hit) -> dict[str, Any]:
    metadata = hit.passage.metadata
    return {
        "rank": hit.rank,
        **_passage_json(hit.passage),
        "score": round(hit.score, 6),
        "band": hit.band,
        "dense": round(hit.dense, 6),
        "keyword": round(hit.keyword, 6),
        "sentence": hit.sentence,
        "words": hit.words,
        "why": asdict(hit.why),
        "help": [_passage_json(stored) for stored in hit.help],
        "also_in": hit.also_in,
        "source": metadata.source,
        "url": metadata.url,
        "reviewed": metadata.reviewed,
        "updated": metadata.updated,
    }


@as_json.register
def _(evaluation: Evaluation) -> dict[str, Any]:
    fields = asdict(evaluation)
    return {
        name.replace("_at_", "@"): value for name, value in fields.items() if name != "by_mode"
    } | {"by_mode": evaluation.by_mode}


@as_json.register
def _(status: ServedStatus) -> dict[str, Any]:
    return asdict(status)


@as_json.register
def _(status: IndexStatus) -> dict[str, Any]:
    corpus = status.corpus
    has_changed = {"has_changed": corpus.has_changed} if corpus else {}
    return {**asdict(status), "corpus": {**asdict(corpus), **has_changed} if corpus else None}


@singledispatch
def as_text(record: object) -> str:
    """Return a record as a person reads it in a terminal."""
    raise TypeError(f"no text form for {type(record).__name__}")


@as_text.register
def _(report: IngestReport) -> str:
    lines = []
    if report.dry_run:
        lines.append("Dry run: nothing was written.")
    if report.rebuilt:
        lines.append(f"Everything is made anew: {report.rebuilt}")
    moved = f" · moved {len(report.moved):,}" if report.moved else ""
    will = "to embed" if report.dry_run else "embedded"
    lines += [
        f"{report.articles:,} articles, {report.passages:,} passages",
        f"  added {report.added:,} · changed {report.changed:,} · removed {report.removed:,} · "
        f"unchanged {report.unchanged:,}{moved}",
        f"  {report.embedded:,} passages {will}, {report.seconds:.1f} s",
    ]
    lines += _listed("Moved", [f"{move.source} is now {move.target}" for move in report.moved])
    lines += _listed("Skipped", [f"{note.path}: {note.reason}" for note in report.skipped])
    lines += _listed("Look at", [f"{note.path}: {note.reason}" for note in report.warnings])
    if not report.dry_run:
        lines.append(f"Live: {report.generation}")
    return "\n".join(printable(line) for line in lines)


def _listed(name: str, entries: Sequence[str]) -> list[str]:
    if not entries:
        return []
    more = len(entries) - _MOST_NOTES
    cut = [f"  and {more:,} more; --json names them all"] if more > 0 else []
    return [f"{name} ({len(entries):,}):", *(f"  {one}" for one in entries[:_MOST_NOTES]), *cut]


@as_text.register
def _(result: SearchResult) -> str:
    pinned = (_passage_text("", one.passage, "") for one in result.urgent)
    blocks = [printable(f"Warning: {result.warning}")] if result.warning else []
    blocks += [f"If this is you, get help now:\n{text}" for text in pinned]
    if result.language:
        found = "found by its words alone" if result.hits else "which this search does not read"
        blocks.append(f"This looks like {result.language.name}: {found}.")
    elif result.verdict is Verdict.NOTHING:
        blocks.append(
            "No article here covers this. Try other words for it: the part of the body, "
            "the treatment, what it feels like."
        )
    if result.topics:
        titles = "; ".join(topic.title for topic in result.topics)
        blocks.append(printable(f"The nearest articles are about: {titles}"))
    blocks += [_hit_text(hit) for hit in result.hits]
    return "\n\n".join(blocks)


def _hit_text(hit: Hit) -> str:
    text = _passage_text(f"{hit.rank}. ", hit.passage, f"   [{hit.band}]")
    also = printable(f"   also in: {', '.join(hit.also_in)}")
    return f"{text}\n{also}" if hit.also_in else text


def _passage_text(before: str, stored: StoredPassage, after: str) -> str:
    passage = stored.passage
    path = HEADING_SEPARATOR.join((stored.title, *passage.headings))
    page = f", page {passage.page}" if passage.page else ""
    lines = [f"{before}{path}{after}", f"   {passage.article_id}{page}"]
    lines += [f"   {line}" for line in passage.text.splitlines() if line.strip()]
    return "\n".join(printable(line) for line in lines)


@as_text.register
def _(evaluation: Evaluation) -> str:
    modes = ", ".join(f"{mode} {value:.4f}" for mode, value in evaluation.by_mode.items())
    return (
        f"{evaluation.questions:,} questions over {evaluation.passages:,} passages\n"
        f"  nDCG@10 {evaluation.ndcg_at_10:.4f}   recall@100 {evaluation.recall_at_100:.4f}   "
        f"success@1 {evaluation.success_at_1:.4f}\n"
        f"  nDCG@10 by mode: {modes}\n"
        f"  {evaluation.milliseconds_p50:.1f} ms a question (median), "
        f"{evaluation.milliseconds_p95:.1f} ms (95 of 100)"
    )


@as_text.register
def _(status: IndexStatus) -> str:
    lines = [
        f"Live: {status.generation}, made {status.created}",
        f"  {status.articles:,} articles, {status.passages:,} passages, "
        f"{status.bytes_on_disk / 1e6:.1f} MB",
        f"  last ingest: {_counts(status.changes)}",
        f"  model: {status.model} ({status.dimensions} dimensions)",
        f"  previous, for rollback: {status.previous or 'none'}",
        f"  questions are read by: {status.runtime}"
        + (f" ({status.why_original})" if status.why_original else ""),
        f"  vectors are searched {_searched(status.dense)}",
        "  every file is as it was written",
    ]
    if status.corpus:
        lines.append(_corpus_line(status.corpus))
    if status.generations:
        lines.append("On the disk:")
        lines += [f"  {_generation_line(one)}" for one in status.generations]
    if status.history:
        lines.append("Published last:")
        lines += [f"  {_published_line(one)}" for one in status.history]
    return "\n".join(printable(line) for line in lines)


def _searched(dense: DenseRecord) -> str:
    if not dense.lists:
        return "one by one"
    return (
        f"in {dense.probed:,} of {dense.lists:,} lists, which finds "
        f"{dense.recall:.1%} of the ten nearest"
    )


@as_text.register
def _(status: ServedStatus) -> str:
    lines = [
        f"Live: {status.generation}, made {status.created}",
        f"  {status.articles:,} articles, {status.passages:,} passages on {status.index}",
        f"  last ingest: {_counts(status.changes)}",
        f"  model: {status.model} ({status.dimensions} dimensions)",
        f"  previous, for rollback: {status.previous or 'none'}",
        "  every collection has the rows that were written",
        "On the server:",
        *(f"  {_served_line(one)}" for one in status.generations),
    ]
    return "\n".join(printable(line) for line in lines)


def _served_line(one: ServedGeneration) -> str:
    live = ", live" if one.is_live else ""
    if one.problem:
        return f"{one.generation}{live}: {one.problem}"
    return (
        f"{one.generation}{live}: {one.articles or 0:,} articles, {one.passages or 0:,} passages, "
        f"{one.model}"
    )


def _corpus_line(corpus: CorpusStatus) -> str:
    if corpus.changes is None:
        return f"Articles: no folder '{corpus.folder}'"
    if not corpus.has_changed:
        return f"Articles: '{corpus.folder}' is as it was ingested"
    return (
        f"Articles: '{corpus.folder}' has changed since: {_counts(corpus.changes)}. "
        "Run: python ingest.py"
    )


def _generation_line(one: GenerationStatus) -> str:
    live = ", live" if one.is_live else ""
    size = f"{one.bytes_on_disk / 1e6:.1f} MB"
    if one.problem:
        return f"{one.generation}{live}, {size}: {one.problem}"
    took = "" if one.seconds is None else f" in {one.seconds:.1f} s"
    return (
        f"{one.generation}{live}: {one.articles or 0:,} articles, {one.passages or 0:,} passages, "
        f"{size}, {one.model}, {_counts(one.changes or {})}{took}"
    )


def _published_line(one: Published) -> str:
    return (
        f"{one.created[:19]}  {_counts(one.changes)}, {one.articles:,} articles, "
        f"{one.embedded:,} passages embedded in {one.seconds:.1f} s, {one.model}"
    )


def _counts(changes: dict[str, int]) -> str:
    return ", ".join(f"{fate} {count:,}" for fate, count in changes.items())
