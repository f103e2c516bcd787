"""The four collections of one generation, read by key, by filter, whole, or by nearness."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from pymilvus import MilvusClient

from treatment_search.cluster.connection import Connection, NotLoaded
from treatment_search.cluster.layout import KEYS, PARTS, Names
from treatment_search.errors import IndexDamaged, IndexProblem
from treatment_search.vectors import Vectors

# Milvus gives at most this many rows for one call.
MOST_ROWS = 16_384
# Keys in one filter, and rows of one page of a whole collection.
_AT_ONCE = 1_000

Row = dict[str, Any]


class Tables:
    """Reads one generation; a filter is made of numbers and of keys of letters alone."""

    def __init__(self, connection: Connection, names: Names) -> None:
        self._connection = connection
        self.names = names

    def rows(self, kind: str, where: str, fields: Sequence[str]) -> list[Row]:
        """Return the rows that a filter lets through, in no order; at most MOST_ROWS."""
        found = self._asked(
            kind,
            MilvusClient.query,
            filter=where,
            output_fields=list(fields),
            limit=MOST_ROWS,
        )
        if len(found) >= MOST_ROWS:
            raise IndexProblem(
                f"more than {MOST_ROWS:,} rows of '{self.names.of(kind)}' belong together: Milvus "
                "gives no more at once. Split the largest article"
            )
        return [dict(row) for row in found]

    def count(self, kind: str, where: str = "") -> int:
        """Return how many rows a filter lets through, the last that was written counted too."""
        found = self._asked(
            kind,
            MilvusClient.query,
            filter=where,
            output_fields=["count(*)"],
            consistency_level="Strong",
        )
        return int(found[0]["count(*)"])

    def load(self, kind: str) -> None:
        """Have the server hold a collection ready; nothing when it does."""
        self._connection.found(MilvusClient.load_collection, self.names.of(kind))

    def _asked(self, kind: str, call: Callable[..., Any], **options: Any) -> Any:
        try:
            return self._connection.found(call, self.names.of(kind), **options)
        except NotLoaded:
            self.load(kind)
            return self._connection.found(call, self.names.of(kind), **options)

    def by(
        self,
        kind: str,
        field: str,
        values: Iterable[int | str],
        fields: Sequence[str],
        also: str = "",
    ) -> list[Row]:
        """Return the rows in which a field has one of these values, in no order."""
        wanted = sorted(set(values))
        found: list[Row] = []
        for start in range(0, len(wanted), _AT_ONCE):
            some = json.dumps(wanted[start : start + _AT_ONCE])
            found += self.rows(kind, f"{field} in {some}{also}", [field, *fields])
        return found

    def numbered(self, kind: str, numbers: Iterable[int], fields: Sequence[str]) -> dict[int, Row]:
        """Return the rows with these numbers, by number; each must be there."""
        wanted, key = set(numbers), KEYS[kind]
        found = {int(row[key]): row for row in self.by(kind, key, wanted, fields)}
        if missing := wanted - found.keys():
            raise IndexDamaged(f"'{self.names.of(kind)}' lacks row {min(missing):,}")
        return found

    def all(self, kind: str, fields: Sequence[str], end: int) -> Iterator[Row]:
        """Yield the rows numbered below `end`, in their order."""
        key = KEYS[kind]
        for first in range(0, end, _AT_ONCE):
            where = f"{key} >= {first} and {key} < {min(first + _AT_ONCE, end)}"
            page = self.rows(kind, where, [key, *fields])
            yield from sorted(page, key=lambda row: int(row[key]))

    def parts(self, owners: Iterable[str]) -> dict[str, str]:
        """Return what belongs to each of these owners, put together; leave out what is not."""
        found: dict[str, list[Row]] = {}
        for row in self.by(PARTS, "owner", owners, ["place", "value"]):
            found.setdefault(str(row["owner"]), []).append(row)
        return {
            owner: "".join(str(row["value"]) for row in sorted(rows, key=lambda row: row["place"]))
            for owner, rows in found.items()
        }

    def part(self, owner: str) -> str:
        """Return what belongs to one owner, which must be there."""
        value = self.parts([owner]).get(owner)
        if value is None:
            raise IndexDamaged(f"'{self.names.of(PARTS)}' lacks '{owner}'")
        return value

    def whole(self, rows: Iterable[tuple[Row, str]], field: str) -> list[str]:
        """Return a text of each row, from the owner named beside it where the row has no room."""
        pairs = list(rows)
        long = self.parts(owner for row, owner in pairs if not row[field])
        return [str(row[field]) or long.get(owner, "") for row, owner in pairs]

    def search(
        self,
        kind: str,
        field: str,
        asked: Vectors | Mapping[int, float],
        count: int,
        where: str = "",
        options: dict[str, Any] | None = None,
    ) -> list[tuple[int, float]]:
        """Return up to `count` rows and what Milvus says of their nearness, best first."""
        key = KEYS[kind]
        found = self._asked(
            kind,
            MilvusClient.search,
            data=[asked.tolist() if isinstance(asked, np.ndarray) else asked],
            anns_field=field,
            limit=count,
            filter=where,
            output_fields=[key],
            search_params={"params": options or {}},
        )
        return [(int(hit[key]), float(hit["distance"])) for hit in found[0]]
