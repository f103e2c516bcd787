"""What is live in an index folder, what is behind it, and whether the corpus went on since."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from treatment_search import generations
from treatment_search.changes import compare
from treatment_search.compiled import sound_record
from treatment_search.errors import IndexDamaged, IndexOutdated, IndexProblem, NotCompiled
from treatment_search.gathering import digests_in
from treatment_search.generations import Generation
from treatment_search.history import Published, history, unread_files
from treatment_search.models import ModelIdentity
from treatment_search.original import SentenceTransformerRuntime
from treatment_search.records import DenseRecord
from treatment_search.seen import SeenFiles
from treatment_search.store import PassageStore

# So many of the newest lines of the history are told.
MOST_PUBLISHED = 10


@dataclass(frozen=True, slots=True)
class GenerationStatus:
    """One generation on the disk; `changes` counts the articles its ingest touched.

    `seconds` is how long its ingest took, None when the history does not say; `problem` why the
    generation cannot be used, and the fields that could not be read are None then.
    """

    generation: str
    is_live: bool
    bytes_on_disk: int
    seconds: float | None = None
    created: str | None = None
    articles: int | None = None
    passages: int | None = None
    changes: dict[str, int] | None = None
    model: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class CorpusStatus:
    """The corpus folder beside the live generation; `changes` counts articles, None if it is gone.

    Files that the last ingest could not read count only when they have changed since.
    """

    folder: str
    changes: dict[str, int] | None

    @property
    def has_changed(self) -> bool:
        """Return whether an ingest would find something to do."""
        return any(count for fate, count in (self.changes or {}).items() if fate != "unchanged")


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """The live generation; `changes` counts the articles its ingest touched.

    `generations` are those on the disk, newest first; `history` what was published last, newest
    first; `corpus` is None when nobody asked for it. `runtime` is what runs the model, and
    `why_original` why that is sentence-transformers and not the compiled model.
    """

    generation: str
    created: str
    articles: int
    passages: int
    changes: dict[str, int]
    model: str
    dimensions: int
    bytes_on_disk: int
    previous: str | None
    runtime: str
    why_original: str | None
    dense: DenseRecord = field(default_factory=DenseRecord)
    generations: tuple[GenerationStatus, ...] = ()
    history: tuple[Published, ...] = ()
    corpus: CorpusStatus | None = None


@dataclass(frozen=True, slots=True)
class ServedGeneration:
    """One generation on a server; `problem` says why it cannot answer, and is None when it can."""

    generation: str
    is_live: bool
    created: str | None = None
    articles: int | None = None
    passages: int | None = None
    model: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ServedStatus:
    """What is live on a server; `generations` are those on it, newest first."""

    index: str
    generation: str
    created: str
    articles: int
    passages: int
    changes: dict[str, int]
    model: str
    dimensions: int
    previous: str | None
    generations: tuple[ServedGeneration, ...]


def index_status(index: Path, corpus: Path | None = None) -> IndexStatus:
    """Return the status; raise IndexDamaged when a byte of the live generation has changed."""
    live = generations.live_generation(index)
    live.check_contents()
    manifest = live.manifest
    previous = manifest.previous
    runtime, why_original = _runtime(index, manifest.model)
    return IndexStatus(
        generation=live.name,
        created=manifest.created,
        articles=manifest.articles,
        passages=manifest.passages,
        changes=manifest.changes,
        model=manifest.model.name,
        dimensions=manifest.dimensions,
        bytes_on_disk=live.bytes,
        previous=previous if previous and (index / previous).is_dir() else None,
        runtime=runtime,
        why_original=why_original,
        dense=manifest.dense,
        generations=tuple(generations_on_disk(index)),
        history=tuple(published_last(index)),
        corpus=_corpus_status(index, live, corpus) if corpus else None,
    )


def published_last(index: Path) -> list[Published]:
    """Return the newest lines of the history, the newest first."""
    return history(index)[: -MOST_PUBLISHED - 1 : -1]


def _runtime(index: Path, model: ModelIdentity) -> tuple[str, str | None]:
    try:
        return sound_record(index, model).runtime, None
    except NotCompiled as reason:
        return SentenceTransformerRuntime.name, str(reason)


def generations_on_disk(index: Path) -> list[GenerationStatus]:
    """Return every generation, newest first; only the sizes of their files are looked at."""
    seconds = {one.generation: one.seconds for one in history(index)}
    live = ""
    with suppress(IndexProblem):
        live = generations.current_name(index)
    return [
        _generation_status(index, name, name == live, seconds.get(name))
        for name in generations.generation_names(index)
    ]


def _generation_status(
    index: Path, name: str, is_live: bool, seconds: float | None
) -> GenerationStatus:
    files = [path.stat().st_size for path in (index / name).rglob("*") if path.is_file()]
    try:
        manifest = generations.open_generation(index, name).manifest
    except (IndexDamaged, IndexOutdated) as error:
        return GenerationStatus(name, is_live, sum(files), seconds, problem=str(error))
    return GenerationStatus(
        generation=name,
        is_live=is_live,
        bytes_on_disk=sum(files),
        seconds=seconds,
        created=manifest.created,
        articles=manifest.articles,
        passages=manifest.passages,
        changes=manifest.changes,
        model=manifest.model.name,
    )


def _corpus_status(index: Path, live: Generation, corpus: Path) -> CorpusStatus:
    if not corpus.is_dir():
        return CorpusStatus(str(corpus), None)

    with closing(PassageStore(live.folder / generations.PASSAGES)) as store:
        then = store.digests()
    unread = unread_files(index)
    now = {
        name: digest
        for name, digest in digests_in(corpus, SeenFiles.of(index)).items()
        if unread.get(name) != digest
    }
    return CorpusStatus(str(corpus), compare(then, now).counts())
