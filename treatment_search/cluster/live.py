"""The generation that answers from a Milvus server: the one that the alias of its name names."""

from __future__ import annotations

import threading
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pymilvus import MilvusClient

from treatment_search.address import ClusterAddress
from treatment_search.cluster.connection import Connection, NotThere
from treatment_search.cluster.layout import (
    ARTICLES,
    HEADINGS,
    KEYS,
    LAYOUT_VERSION,
    META,
    PARTS,
    PASSAGES,
    REFERENCES,
    TERMS,
    Names,
    array_of,
    unpacked,
)
from treatment_search.cluster.lexicon import lexicons
from treatment_search.cluster.passages import ClusterPassages
from treatment_search.cluster.reading import (
    ClusterSentences,
    ClusterVectors,
    ClusterWords,
    UrgentPassages,
)
from treatment_search.cluster.tables import Tables
from treatment_search.errors import (
    IndexDamaged,
    IndexNotBuilt,
    IndexOutdated,
    IndexProblem,
    NothingToRollBack,
)
from treatment_search.generations import FORMAT_VERSION, Manifest, manifest_of
from treatment_search.records import AlsoSearched, Field
from treatment_search.references import ReferenceVectors
from treatment_search.retrieval import OpenGeneration

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Meta:
    """What is kept of a generation as a whole; the last that is written of it."""

    manifest: Manifest
    rows: dict[str, int]
    """How many rows each collection has, this one left out."""
    next_passage: int
    next_article: int
    urgent: int
    width: int
    synonyms: list[tuple[str, str]] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    layout_version: int = LAYOUT_VERSION

    @classmethod
    def read(cls, tables: Tables) -> Meta:
        """Return that of a generation; raise IndexDamaged when it has none that can be read."""
        try:
            content: dict[str, Any] = unpacked(tables.part(META))
        except (ValueError, zlib.error) as error:
            raise IndexDamaged(f"'{tables.names.of(PARTS)}' holds no '{META}'") from error
        found = content.get("layout_version"), content.get("manifest", {}).get("format_version")
        if found != (LAYOUT_VERSION, FORMAT_VERSION):
            raise IndexOutdated(
                f"'{tables.names.of(PASSAGES)}' was written by another version of this program. "
                "Ingest or copy again"
            )
        return cls(**{**content, "manifest": manifest_of(content["manifest"])})


@dataclass(frozen=True, slots=True)
class ClusterGeneration:
    """A generation on a server: its name and its manifest."""

    name: str
    manifest: Manifest


class ClusterIndex:
    """What answers from an index on a server, kept open; safe to use from several threads."""

    def __init__(self, address: ClusterAddress, connection: Connection | None = None) -> None:
        self.address = address
        self._connection = connection or Connection(address)
        self._lock = threading.Lock()
        self._kept: OpenGeneration | None = None

    def opened(self) -> OpenGeneration:
        """Return the generation to ask now; open another one when the alias has moved.

        Raises IndexNotBuilt when nothing was ever published, IndexUnreachable, IndexOutdated, or
        IndexDamaged when a part of the live generation is not there.
        """
        for _ in range(_ATTEMPTS):
            live = self.live()
            with self._lock:
                if self._kept and self._kept.generation.name == live.generation:
                    return self._kept
                try:
                    self._kept = open_generation(Tables(self._connection, live))
                except IndexDamaged:
                    if self.live() == live:
                        raise
                    continue  # two quick publishings can prune it between its name and its parts
                return self._kept
        raise IndexProblem(f"'{self.address}' changes faster than it can be opened. Try again")

    def forget(self, opened: OpenGeneration) -> None:
        """Open anew at the next question, when a part of `opened` was not there."""
        with self._lock:
            if self._kept is opened:
                self._kept = None

    def live(self) -> Names:
        """Return the collections of the live generation."""
        names = live_names(self._connection)
        if names is None:
            raise IndexNotBuilt(
                f"no index in '{self.address}'. Run: python ingest.py --index {self.address}"
            )
        return names

    def meta(self, names: Names) -> Meta:
        """Return what is kept of one generation as a whole."""
        return Meta.read(Tables(self._connection, names))

    def generations(self) -> list[Names]:
        """Return the generations of which something is on the server, newest first."""
        return generations_there(self._connection)

    def roll_back(self) -> Names:
        """Make the generation before the live one live again and return it."""
        live = self.live()
        previous = self.meta(live).manifest.previous
        names = Names(live.index, previous) if previous else None
        if names is None or names not in self.generations():
            raise NothingToRollBack(
                f"'{self.address}' has no previous generation. The next ingest will keep this one"
            )
        check_rows(Tables(self._connection, names), self.meta(names).rows)
        point_to(self._connection, names)
        return names


def live_names(connection: Connection) -> Names | None:
    """Return the collections that the alias names, None when there is no alias."""
    index = connection.address.name
    try:
        found = connection.ask(MilvusClient.describe_alias, index)
    except NotThere:
        return None
    names = Names.read(index, str(found["collection_name"]))
    if names is None:
        raise IndexProblem(
            f"'{connection.address}' is taken: it is an alias of '{found['collection_name']}', "
            "which this program has not made. Use another name"
        )
    return names


def generations_there(connection: Connection) -> list[Names]:
    """Return the generations of which something is on the server, newest first."""
    index = connection.address.name
    found = connection.ask(MilvusClient.list_collections)
    names = {names for one in found if (names := Names.read(index, str(one)))}
    return sorted(names, key=lambda one: one.generation, reverse=True)


def point_to(connection: Connection, names: Names) -> None:
    """Make a generation live: one step on the server."""
    there = live_names(connection) is not None
    change = MilvusClient.alter_alias if there else MilvusClient.create_alias
    connection.found(change, names.of(PASSAGES), names.index)


def check_rows(tables: Tables, rows: dict[str, int]) -> None:
    """Raise IndexDamaged when a collection has not as many rows as were written."""
    for kind, wanted in rows.items():
        where = f'owner != "{META}"' if kind == PARTS else ""
        if (found := tables.count(kind, where)) != wanted:
            raise IndexDamaged(f"'{tables.names.of(kind)}' has {found:,} rows, not {wanted:,}")


def open_generation(tables: Tables) -> OpenGeneration:
    """Return a generation as a question asks it; what is small is read now."""
    for kind in KEYS:
        tables.load(kind)
    meta = Meta.read(tables)
    check_rows(tables, meta.rows)
    dimensions = meta.manifest.dimensions
    dense = ClusterVectors(tables, PASSAGES, meta.rows[PASSAGES], dimensions)
    references = array_of(tables.part(REFERENCES), np.float32, dimensions)
    known = lexicons(unpacked(tables.part(TERMS)))
    synonyms = [AlsoSearched(*pair) for pair in meta.synonyms]
    return OpenGeneration(
        ClusterGeneration(tables.names.generation, meta.manifest),
        ClusterPassages(tables, meta.next_article, synonyms, meta.languages),
        dense,
        ClusterVectors(tables, HEADINGS, meta.rows[HEADINGS], dimensions),
        ClusterWords(tables, PASSAGES, {one: known[one] for one in Field}),
        ClusterWords(tables, ARTICLES, {Field.TEXT: known[ARTICLES]}),
        ClusterSentences(tables, meta.width),
        UrgentPassages(dense, meta.urgent),
        ReferenceVectors(references),
    )
