"""The keeper's page in HTML; every name and reason passes `escaped`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from treatment_search.collection import CollectionEntry, FileState
from treatment_search.history import Published
from treatment_search.ingest_job import JobState
from treatment_search.records import FileNote, IngestReport
from treatment_search.status import GenerationStatus
from treatment_search.ui.markup import escaped, named

_MOST_LISTED = 100
STATES = {
    FileState.NEW: "New",
    FileState.CHANGED: "Changed",
    FileState.MOVED: "Moved",
    FileState.GONE: "Gone",
    FileState.SKIPPED: "Skipped",
    FileState.SEARCHED: "In the search",
}
_MEANINGS = {
    FileState.NEW: "not in the search yet",
    FileState.CHANGED: "the search still has it as it was before",
    FileState.MOVED: "the search has it under another name",
    FileState.GONE: "the file is gone, but the search still has it",
    FileState.SKIPPED: "not in the search",
    FileState.SEARCHED: "",
}
_UNREAD = "could not be read. “What would happen” says why"
_FATES = {
    "added": "added",
    "changed": "changed",
    "removed": "removed",
    "moved": "moved",
    "unchanged": "unchanged",
}


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return a number with its word."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def when(moment: str) -> str:
    """Return a moment (ISO 8601) as a person reads it."""
    at = datetime.fromisoformat(moment).astimezone(UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def entry_line(entry: CollectionEntry, reasons: Mapping[str, str], *, with_name: bool) -> str:
    """Return what is known of a file; `reasons` say why files were skipped.

    The name is in it when `with_name`; else a widget above shows it.
    """
    has = entry.searched
    name = f'<p class="ts-file">{named(entry.article_id)}</p>' if with_name else ""
    title = named(has.title) if has else ""
    facts = []
    if has:
        dated = has.metadata.reviewed or has.metadata.updated
        facts = [counted(has.passages, "passage"), f"dated {dated}" if dated else "not dated"]
    if entry.file and entry.file != entry.article_id:
        facts.append(f"inside {entry.file}")
    parts = [_meaning(entry, reasons), *facts]
    told = " · ".join(escaped(part) for part in parts if part)
    title = f"{title} · " if title and told else title
    return (
        f'{name}<p class="ts-entry"><span class="ts-state ts-state-{entry.state.name.lower()}">'
        f"{STATES[entry.state]}</span> {title}{told}</p>"
    )


def _meaning(entry: CollectionEntry, reasons: Mapping[str, str]) -> str:
    if entry.state is FileState.SKIPPED:
        return entry.note or reasons.get(entry.article_id) or _UNREAD
    if entry.state is FileState.MOVED:
        return f"{_MEANINGS[entry.state]}: {entry.note}"
    return _MEANINGS[entry.state]


def changes_line(counts: Mapping[FileState, int]) -> str:
    """Return in words what changed since the last ingest."""
    told = [
        f"{counts[state]:,} {STATES[state].lower()}"
        for state in (FileState.NEW, FileState.CHANGED, FileState.MOVED, FileState.GONE)
        if counts[state]
    ]
    return ", ".join(told)


def report_card(report: IngestReport) -> str:
    """Return what an ingest did, or would do."""
    title = "What would happen" if report.dry_run else "The search is up to date"
    if report.dry_run:
        lead = (
            f"Nothing has been changed yet. The search would have "
            f"{counted(report.articles, 'article')} in {counted(report.passages, 'passage')}."
        )
    else:
        lead = (
            f"It has {counted(report.articles, 'article')} in "
            f"{counted(report.passages, 'passage')}. That took {_duration(report.seconds)}."
        )
    work = f"{counted(report.embedded, 'passage')} {'to embed' if report.dry_run else 'embedded'}"
    moved = [f"{move.source} is now {move.target}" for move in report.moved]
    rebuilt = f"<p>Everything is made anew: {escaped(report.rebuilt)}</p>" if report.rebuilt else ""
    return (
        f'<section class="ts-card ts-report" role="status"><h2>{title}</h2><p>{lead}</p>{rebuilt}'
        f"{_counts(report)}<p>{work}.</p>"
        f"{_listed('New or changed', report.touched)}"
        f"{_listed('Moved', moved)}"
        f"{_listed('Skipped', _notes(report.skipped), is_open=True)}"
        f"{_listed('Worth a look', _notes(report.warnings), is_open=True)}"
        "</section>"
    )


def _counts(report: IngestReport) -> str:
    counts = {
        "added": report.added,
        "changed": report.changed,
        "moved": len(report.moved),
        "removed": report.removed,
        "unchanged": report.unchanged,
        "skipped": len(report.skipped),
    }
    cells = "".join(
        f'<li class="{"ts-some" if count else "ts-zero"}"><b>{count:,}</b> {fate}</li>'
        for fate, count in counts.items()
    )
    return f'<ul class="ts-counts">{cells}</ul>'


def _notes(notes: Iterable[FileNote]) -> list[str]:
    return [f"{note.path}: {note.reason}" for note in notes]


def _listed(name: str, lines: Sequence[str], *, is_open: bool = False) -> str:
    if not lines:
        return ""
    return (
        f"<details{' open' if is_open else ''}><summary>{name} ({len(lines):,})</summary>"
        f"{plain_list(lines)}</details>"
    )


def plain_list(lines: Sequence[str]) -> str:
    """Return names or reasons in a list, the first ones of very many."""
    items = [f"<li>{named(line)}</li>" for line in lines[:_MOST_LISTED]]
    if len(lines) > _MOST_LISTED:
        items.append(f"<li>and {len(lines) - _MOST_LISTED:,} more</li>")
    return f'<ul class="ts-names">{"".join(items)}</ul>'


def stage_line(state: JobState, now: float) -> str:
    """Return what a job is doing, how far it is and how long the stage may take on."""
    doing = state.stage[:1].upper() + state.stage[1:]
    if not state.total:
        return f"{doing}…"
    left = state.seconds_left(now)
    told = f", about {_duration(left)} left" if left and left >= 5 else ""
    return f"{doing}: {state.done:,} of {state.total:,}{told}"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} seconds" if seconds < 10 else f"{seconds:.0f} seconds"
    minutes = round(seconds / 60)
    if minutes < 60:
        return counted(minutes, "minute")
    return f"{minutes // 60} h {minutes % 60} min"


def generation_list(states: Sequence[GenerationStatus]) -> str:
    """Return the states of the search on the disk, the newest first."""
    return f'<ul class="ts-states">{"".join(map(_generation, states))}</ul>'


def _generation(one: GenerationStatus) -> str:
    live = ' <span class="ts-state ts-state-searched">Answers now</span>' if one.is_live else ""
    size = f"{one.bytes_on_disk / 1e6:.1f} MB"
    if one.created is None:
        said = [size, one.problem or ""]
        name = escaped(one.generation)
    else:
        name = when(one.created)
        said = [
            counted(one.articles or 0, "article"),
            counted(one.passages or 0, "passage"),
            size,
            _fates(one.changes or {}),
        ]
    told = " · ".join(escaped(part) for part in said if part)
    return f"<li><b>{name}</b>{live}<br>{told}</li>"


def published_table(published: Sequence[Published]) -> str:
    """Return the last ingests, folded up, the newest first."""
    lines = [
        f"{when(one.created)}: {counted(one.articles, 'article')}, {_fates(one.changes)}; "
        f"{counted(one.embedded, 'passage')} embedded in {_duration(one.seconds)}"
        for one in published
    ]
    return _listed("The last updates", lines)


def _fates(changes: Mapping[str, int]) -> str:
    told = [f"{count:,} {_FATES[fate]}" for fate, count in changes.items() if count]
    return ", ".join(told) or "nothing changed"
