"""corpus/ -> a new generation, touching only what changed."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from pathlib import Path

from treatment_search import generations, publishing, resume
from treatment_search.amending import amend, can_amend
from treatment_search.assembly import assemble
from treatment_search.changes import Changes, compare
from treatment_search.embedding import count_to_embed
from treatment_search.encoder import Encoder, ModelEncoder
from treatment_search.errors import ArticlesGone, CorpusProblem
from treatment_search.gathering import Gathered, gather
from treatment_search.generations import Generation
from treatment_search.history import Published, remember, remember_unread
from treatment_search.known import Known
from treatment_search.lookback import Before, look_back
from treatment_search.models import BUNDLED, find_model
from treatment_search.notices import notices, summary_of
from treatment_search.progress import IngestProgress, Silence
from treatment_search.records import IngestReport
from treatment_search.resume import KeptAside
from treatment_search.seen import SeenFiles
from treatment_search.store import Leaving

# More than this share of the articles gone at once is more likely a missing disk than a wish.
MOST_REMOVED = 0.20
NONE_YET = "none: this was a dry run"


def ingest(
    corpus: Path,
    index: Path,
    encoder: Encoder,
    *,
    dry_run: bool = False,
    rebuild: bool = False,
    allow_removal: bool = False,
    progress: IngestProgress | None = None,
) -> IngestReport:
    """Make `index` true to `corpus` and return what was done; with `dry_run` only tell.

    Raises CorpusProblem when the folder is missing or empty, ArticlesGone when it lost more than
    a fifth of its articles; IndexBusy when another ingest runs. Whatever is raised, the live
    generation stays, and what was embedded until then is kept aside for the next ingest.
    """
    started = time.monotonic()
    progress = progress or Silence()
    if not corpus.is_dir():
        raise CorpusProblem(f"no folder '{corpus}'. Create it and put articles in it")
    with ExitStack() as stack:
        if not dry_run:
            stack.enter_context(publishing.locked(index))
        before = stack.enter_context(closing(look_back(index, encoder, rebuild=rebuild)))
        seen = SeenFiles() if rebuild else SeenFiles.of(index)
        gathered = gather(corpus, before.kept, encoder, progress, seen)
        changes = compare(before.digests, gathered.digests)
        _guard(corpus, gathered, changes, before.digests, allow_removal=allow_removal)
        if not dry_run:
            progress.start("preparing the model", 1)
            encoder.prepare(index)
            progress.advance(1)
        known = _with_aside(before.known, index, encoder, dry_run=dry_run, rebuild=rebuild)
        leaving = _leaving(before, gathered)
        report = replace(_report(before, gathered, leaving, changes, known), dry_run=dry_run)
        if dry_run:
            return _finished(report, started)
        if report.generation == NONE_YET:
            with known.aside:
                before = replace(before, known=known)
                generation = _written(index, before, gathered, leaving, changes, encoder, progress)
            report = replace(report, generation=generation.name)
            _remember(index, generation, _finished(report, started))
        elif before.generation:
            publishing.prune(index, before.generation)
        resume.forget_all(index)
        with suppress(OSError):  # as with the history: the search goes without
            remember_unread(index, gathered.unread)
            seen.write(index)
    return _finished(report, started)


def _written(
    index: Path,
    before: Before,
    gathered: Gathered,
    leaving: Leaving,
    changes: Changes,
    encoder: Encoder,
    progress: IngestProgress,
) -> Generation:
    """Make a generation of what was gathered live: the one before amended, or one written whole."""
    added = sum(len(one.passages) for one in gathered.articles)
    if (
        before.generation
        and before.store
        and not before.rebuilt
        and can_amend(before.generation, before.store, leaving, added)
    ):
        return amend(
            index,
            before.generation,
            before.store,
            leaving,
            gathered.articles,
            encoder,
            before.known,
            changes=changes.counts(),
            progress=progress,
        )
    kept = before.store.stored_articles(gathered.kept) if before.store else ()
    return assemble(
        index,
        sorted((*kept, *gathered.articles), key=lambda one: one.article.article_id),
        encoder,
        before.known,
        dimensions=before.dimensions,
        previous=before.previous,
        changes=changes.counts(),
        progress=progress,
    )


def _leaving(before: Before, gathered: Gathered) -> Leaving:
    """Return what goes with the stored articles that are gone, or read anew."""
    gone = before.digests.keys() - gathered.kept.keys()
    return before.store.leaving(gone) if before.store else Leaving()


def encoder_for_index(
    index: Path, model: str | None = None, loaded: Encoder | None = None
) -> Encoder:
    """Return the named model, or else the one the index was made with, or else the bundled one.

    `loaded` is returned when it is that very model, so that it is not loaded again.
    """
    files = find_model(model or generations.model_name(index) or BUNDLED)
    encoder = ModelEncoder(files, index)
    return loaded if loaded and loaded.identity == encoder.identity else encoder


def _report(
    before: Before, gathered: Gathered, leaving: Leaving, changes: Changes, known: Known
) -> IngestReport:
    """Return what an ingest will have done; its generation is NONE_YET when one must be made."""
    fresh = [passage for one in gathered.articles for passage in one.passages]
    summaries = [summary_of(one.article) for one in gathered.articles]
    passages = len(fresh)
    may_lack = list(fresh)
    if before.store and gathered.kept:
        passages += len(before.store) - len(leaving.passages)
        kept = (one for one in before.store.summaries() if one.article_id in gathered.kept)
        summaries = sorted((*kept, *summaries), key=lambda one: one.article_id)
        if before.rebuilt:  # damage may have taken vectors of articles that are kept
            stored = before.store.stored_articles(gathered.kept)
            may_lack += [passage for one in stored for passage in one.passages]
    live = before.generation.name if before.generation else NONE_YET
    return IngestReport(
        generation=NONE_YET if changes.any or before.rebuilt else live,
        articles=len(gathered.digests),
        passages=passages,
        added=len(changes.added),
        changed=len(changes.changed),
        removed=len(changes.removed),
        unchanged=len(changes.unchanged),
        embedded=count_to_embed(may_lack, known),
        skipped=gathered.skipped,
        warnings=tuple(notices(summaries)),
        seconds=0.0,
        rebuilt=before.rebuilt,
        touched=changes.touched,
        moved=changes.moved,
    )


def _finished(report: IngestReport, started: float) -> IngestReport:
    return replace(report, seconds=round(time.monotonic() - started, 3))


def _with_aside(
    known: Known, index: Path, encoder: Encoder, *, dry_run: bool, rebuild: bool
) -> Known:
    """Return what is known with what a killed ingest left; a rebuild trusts none of that."""
    if rebuild and not dry_run:
        resume.forget_all(index)
    if rebuild and dry_run:
        return known
    return replace(known, aside=KeptAside.of_model(index, encoder.identity, encoder.runtime))


def _remember(index: Path, generation: Generation, report: IngestReport) -> None:
    manifest = generation.manifest
    published = Published(
        generation=generation.name,
        created=manifest.created,
        articles=report.articles,
        passages=report.passages,
        changes=manifest.changes,
        embedded=report.embedded,
        seconds=report.seconds,
        model=manifest.model.name,
    )
    # The generation is live: a line that cannot be written is no reason to say otherwise.
    with suppress(OSError):
        remember(index, published)


def _guard(
    corpus: Path,
    gathered: Gathered,
    changes: Changes,
    then: dict[str, str],
    *,
    allow_removal: bool,
) -> None:
    contents = set(gathered.digests.values())  # a file under another name is not gone
    gone = [name for name in changes.removed if then[name] not in contents]
    if not gathered.digests and not (gone and allow_removal):
        first = next(iter(gathered.skipped), None)
        unread = f" that can be read ({first.path}: {first.reason})" if first else ""
        kept = "; the index stays as it was" if gone else ""
        message = (
            f"no article{unread} in '{corpus}'{kept}. "
            "Put .md, .txt, .html, .pdf, .docx or .zip files in it"
            + (", or use --allow-removal to empty the index" if gone else "")
        )
        raise ArticlesGone(message, tuple(gone)) if gone else CorpusProblem(message)
    if len(gone) > MOST_REMOVED * len(then) and not allow_removal:
        shown = ", ".join(gone[:5]) + (f" and {len(gone) - 5} more" if len(gone) > 5 else "")
        raise ArticlesGone(
            f"{len(gone)} of {len(then)} articles are gone from '{corpus}': {shown}. "
            "The index stays as it was. If they are meant to go, use --allow-removal",
            tuple(gone),
        )
