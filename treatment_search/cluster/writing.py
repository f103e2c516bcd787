"""A generation of a folder -> the same on a Milvus server, and live there.

All of it is written and counted before the alias moves, which is one step: whatever fails before,
the generation that was live still is, and what lies there unfinished is gone on with by the next
run, or removed.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from pymilvus import MilvusClient

from treatment_search import generations
from treatment_search.cluster.connection import Connection, NotThere
from treatment_search.cluster.layout import (
    ARTICLES,
    HEADINGS,
    KEYS,
    META,
    PARTS,
    PASSAGES,
    REFERENCES,
    TERMS,
    VOCABULARY,
    Names,
    array_text,
    indexes_of,
    packed,
    pieces,
    schema_of,
)
from treatment_search.cluster.live import (
    Meta,
    check_rows,
    generations_there,
    live_names,
    point_to,
)
from treatment_search.cluster.rows import Source
from treatment_search.cluster.tables import Row, Tables
from treatment_search.errors import IndexDamaged, IndexOutdated, IndexUnreachable
from treatment_search.generations import Generation
from treatment_search.progress import IngestProgress
from treatment_search.rows import Rows

# Rows of one call, and about how many bytes they may have.
_MOST_ROWS, _MOST_BYTES = 256, 1_000_000
# A reader may be shown what was written so long ago and nothing after: Milvus's Bounded reading.
_SETTLED_SECONDS = 5.0
# What is unfinished and younger may be another machine's work.
_UNFINISHED = timedelta(days=1)


def publish(generation: Generation, connection: Connection, progress: IngestProgress) -> Names:
    """Make a generation of a folder live on the server; keep the one before it, prune older ones.

    Raises IndexUnreachable when the server fails, IndexDamaged when it counts other rows than
    were written; what was live still is then.
    """
    names = Names(connection.address.name, generation.name)
    tables = Tables(connection, names)
    live = live_names(connection)
    if not _is_whole(tables):
        if names == live:  # it lost something since; what an alias names cannot be removed
            connection.found(MilvusClient.drop_alias, names.index)
            live = None
        if live is None or _is_finished(tables):
            _drop(connection, names)
        previous = live.generation if live else None
        _write(tables, connection, generation, previous, progress)
        point_to(connection, names)
        with suppress(IndexUnreachable):  # it is live; what is left over goes with the next one
            _prune(connection, names)
    elif live != names:
        point_to(connection, names)
    return names


def _is_whole(tables: Tables) -> bool:
    try:
        for kind in KEYS:
            tables.load(kind)
        check_rows(tables, Meta.read(tables).rows)
    except (IndexDamaged, IndexOutdated):  # a collection or a part that is not there is one
        return False
    return True


def _is_finished(tables: Tables) -> bool:
    try:
        return META in tables.parts([META])
    except IndexDamaged:
        return False


def _write(
    tables: Tables,
    connection: Connection,
    generation: Generation,
    previous: str | None,
    progress: IngestProgress,
) -> None:
    manifest = generation.manifest
    with closing(Source(generation)) as source:
        expected = source.expected()
        begun = _create(connection, tables.names, manifest.dimensions, expected)
        progress.start("copying to the server", manifest.passages)
        written: Counter[str] = Counter()
        for kind, rows in _lots(source.rows()):
            _insert(connection, tables, kind, rows, skip_there=begun)
            written[kind] += len(rows)
            progress.advance(len(rows) if kind == PASSAGES else 0)
        small = [
            *pieces(TERMS, packed(source.terms)),
            *pieces(VOCABULARY, packed(source.vocabulary())),
            *pieces(REFERENCES, _references(generation)),
        ]
        _insert(connection, tables, PARTS, small, skip_there=begun)
        written[PARTS] += len(small)
        meta = Meta(
            replace(manifest, previous=previous, files={}),
            {kind: written[kind] for kind in KEYS},
            source.next_passage,
            source.next_article,
            source.urgent,
            source.width,
            source.synonyms(),
            source.languages(),
        )
    for kind in KEYS:
        connection.found(MilvusClient.flush, tables.names.of(kind))
        tables.load(kind)
    last_written = time.monotonic()
    try:
        check_rows(tables, meta.rows)
    except IndexDamaged:
        _drop(connection, tables.names)  # the next run begins anew
        raise
    rows = pieces(META, packed(asdict(meta)))
    _insert(connection, tables, PARTS, rows, skip_there=False)
    connection.found(MilvusClient.flush, tables.names.of(PARTS))
    _settle(connection, last_written)


def _settle(connection: Connection, since: float) -> None:
    """Wait until every reader is shown what was written; Milvus Lite shows it at once."""
    version = str(connection.found(MilvusClient.get_server_version))
    if "lite" not in version:
        time.sleep(max(0.0, _SETTLED_SECONDS - (time.monotonic() - since)))


def _create(
    connection: Connection, names: Names, dimensions: int, expected: dict[str, int]
) -> bool:
    """Make the collections, unless all are there, whole; return whether some rows may be too."""
    indexes = {kind: indexes_of(kind, expected.get(kind, 0)) for kind in KEYS}
    there = set(connection.found(MilvusClient.list_collections))
    if all(
        names.of(kind) in there
        and len(connection.found(MilvusClient.list_indexes, names.of(kind))) == len(indexes[kind])
        for kind in KEYS
    ):
        return True
    _drop(connection, names)
    for kind in KEYS:
        connection.found(
            MilvusClient.create_collection,
            names.of(kind),
            schema=schema_of(kind, dimensions),
            consistency_level="Bounded",
        )
        # Of an empty collection there is nothing to wait for, and pymilvus would, half a second.
        connection.found(MilvusClient.create_index, names.of(kind), indexes[kind], sync=False)
        connection.found(MilvusClient.load_collection, names.of(kind))
    return False


def _insert(
    connection: Connection, tables: Tables, kind: str, rows: list[Row], *, skip_there: bool
) -> None:
    key = KEYS[kind]
    if skip_there:
        found = {row[key] for row in tables.by(kind, key, (row[key] for row in rows), [])}
        rows = [row for row in rows if row[key] not in found]
    for lot in _cut(rows):
        connection.found(MilvusClient.insert, tables.names.of(kind), lot)


def _lots(rows: Iterable[tuple[str, Row]]) -> Iterator[tuple[str, list[Row]]]:
    """Yield rows by their collections, as many as go into one call."""
    waiting: dict[str, list[Row]] = {kind: [] for kind in KEYS}
    size: Counter[str] = Counter()
    for kind, row in rows:
        waiting[kind].append(row)
        size[kind] += _bytes(row)
        if len(waiting[kind]) >= _MOST_ROWS or size[kind] >= _MOST_BYTES:
            yield kind, waiting[kind]
            waiting[kind], size[kind] = [], 0
    yield from ((kind, some) for kind, some in waiting.items() if some)


def _cut(rows: list[Row]) -> Iterator[list[Row]]:
    return (some for _, some in _lots((PARTS, row) for row in rows))


# Of one character, one number of a vector, one number and its place of a sparse one.
_SIZES: dict[type, int] = {str: 1, np.ndarray: 4, dict: 8}


def _bytes(row: Row) -> int:
    return sum(_SIZES[type(of)] * len(of) for of in row.values() if type(of) in _SIZES)


def _references(generation: Generation) -> str:
    rows = Rows.open(generation.folder / generations.REFERENCES, np.float32).all()
    return array_text(rows)


def _prune(connection: Connection, live: Names) -> None:
    """Remove generations that nobody can ask for again, and what was left unfinished long ago."""
    previous = Meta.read(Tables(connection, live)).manifest.previous
    young = datetime.now(UTC) - _UNFINISHED
    for names in generations_there(connection):
        if names.generation in (live.generation, previous):
            continue
        if _is_whole(Tables(connection, names)) or _made(names) < young:
            _drop(connection, names)


def _made(names: Names) -> datetime:
    moment = names.generation.split("-")[1]
    return datetime.strptime(moment, "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)


def _drop(connection: Connection, names: Names) -> None:
    """Remove a generation, its passages last: they tell that something of it is there."""
    for kind in (PARTS, ARTICLES, HEADINGS, PASSAGES):
        try:
            connection.ask(MilvusClient.drop_collection, names.of(kind))
        except NotThere:
            continue
