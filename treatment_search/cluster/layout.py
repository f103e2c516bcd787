"""How a generation lies on a Milvus server.

    NAME                          an alias of the live generation's passages: what is live
    NAME_g_<time>_<digest>_...    four collections a generation, never changed once published
      passages                    a row a passage: vector, words, where it stands, what is shown
      headings                    a row a heading path: vector, terms
      articles                    a row an article: words, what it is about
      parts                       all else, in pieces: `owner` is what a piece belongs to

A text that is longer than a Milvus string may be stands in `parts`. The part `meta` is written
last: a generation without it was never finished.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
from pymilvus import CollectionSchema, DataType, MilvusClient
from pymilvus.milvus_client.index import IndexParams

from treatment_search.generations import DIGEST_LETTERS
from treatment_search.records import Field

LAYOUT_VERSION = 1
PASSAGES, HEADINGS, ARTICLES, PARTS = "passages", "headings", "articles", "parts"
KEYS = {PASSAGES: "number", HEADINGS: "context", ARTICLES: "article", PARTS: "piece"}
META, REFERENCES, TERMS, VOCABULARY = "meta", "references", "terms", "vocabulary"
TEXT, HEADING = Field.TEXT, Field.HEADING
# What a Milvus string holds at most, in bytes of UTF-8.
LONGEST = 65_535
# Below, every vector is looked at; above, lists of neighbours are, as in a folder (dense.py).
LISTS_FROM = 50_000
LISTS, PROBED = 2_048, 64
_PART_SIZE = 60_000
_KEY_BYTES = 16
# Help that a passage gives, as a number.
NO_HELP, URGENT_HELP, DOCTOR_HELP = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Names:
    """The collections of one generation of an index."""

    index: str
    generation: str

    def of(self, kind: str) -> str:
        """Return the name of a collection of the generation."""
        return f"{self.index}_{self.generation.replace('-', '_')}_{kind}"

    @classmethod
    def read(cls, index: str, collection: str) -> Names | None:
        """Return the generation whose collection this is, None for one of something else."""
        kinds = "|".join(KEYS)
        # Another index may be called so that its collections begin alike.
        name = rf"{index}_g_(\d{{8}}T\d{{12}}Z)_([0-9a-f]{{{DIGEST_LETTERS}}})_(?:{kinds})"
        match = re.fullmatch(name, collection)
        return cls(index, f"g-{match[1]}-{match[2]}") if match else None


def key_of(article_id: str) -> str:
    """Return an article's id as letters that need no quoting in a filter."""
    return blake2b(article_id.encode(), digest_size=_KEY_BYTES).hexdigest()


def pieces(owner: str, value: str) -> list[dict[str, Any]]:
    """Return the rows of `parts` that hold a text without characters beyond ASCII."""
    return [
        {
            "piece": f"{owner}/{place}",
            "owner": owner,
            "place": place,
            "value": value[start : start + _PART_SIZE],
            "nothing": [0.0, 0.0],  # Milvus wants a vector in every collection
        }
        for place, start in enumerate(range(0, max(1, len(value)), _PART_SIZE))
    ]


def packed(content: object) -> str:
    """Return what JSON can hold as text for `pieces`."""
    data = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.b64encode(zlib.compress(data)).decode("ascii")


def unpacked(value: str) -> Any:
    """Return what was packed."""
    return json.loads(zlib.decompress(base64.b64decode(value)))


def array_text(array: npt.NDArray[Any]) -> str:
    """Return the numbers of an array as text for `pieces`."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


def array_of(value: str, kind: npt.DTypeLike, width: int) -> npt.NDArray[Any]:
    """Return the rows of so many numbers that `array_text` made a text of."""
    return np.frombuffer(base64.b64decode(value), kind).reshape(-1, max(1, width))


def schema_of(kind: str, dimensions: int) -> CollectionSchema:
    """Return the fields of a collection."""
    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    if kind == PARTS:
        _text(schema, "piece", 64, is_primary=True)
        _text(schema, "owner", 64)
        schema.add_field("place", DataType.INT64)
        _text(schema, "value")
        schema.add_field("nothing", DataType.FLOAT_VECTOR, dim=2)
        return schema
    schema.add_field(KEYS[kind], DataType.INT64, is_primary=True)
    if kind != ARTICLES:
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=max(2, dimensions))
    if kind == HEADINGS:
        _text(schema, "terms")
        return schema
    _text(schema, "article_key", 2 * _KEY_BYTES)
    _text(schema, "record")
    if kind == ARTICLES:
        _text(schema, "about")
        schema.add_field(TEXT, DataType.SPARSE_FLOAT_VECTOR)
        return schema
    for name in ("article", "context", "original", "role", "help", "start"):
        schema.add_field(name, DataType.INT64)
    for name in ("aside", "repeated"):
        schema.add_field(name, DataType.BOOL)
    _text(schema, "said", 2 * _KEY_BYTES)
    schema.add_field(TEXT, DataType.SPARSE_FLOAT_VECTOR)
    schema.add_field(HEADING, DataType.SPARSE_FLOAT_VECTOR)
    return schema


def indexes_of(kind: str, rows: int) -> IndexParams:
    """Return the indexes of a collection that will have so many rows."""
    indexes = MilvusClient.prepare_index_params()
    if kind == PARTS:
        indexes.add_index("nothing", index_type="FLAT", metric_type="L2")
        indexes.add_index("owner", index_type="INVERTED")
        return indexes
    if kind != ARTICLES:
        lists = rows >= LISTS_FROM
        indexes.add_index(
            "vector",
            index_type="IVF_SQ8" if lists else "FLAT",
            metric_type="COSINE",
            params={"nlist": LISTS} if lists else {},
        )
    for field in {PASSAGES: (TEXT, HEADING), ARTICLES: (TEXT,)}.get(kind, ()):
        indexes.add_index(field, index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
    filtered = {PASSAGES: ("article_key", "said", "help"), ARTICLES: ("article_key",)}
    for filtering in filtered.get(kind, ()):
        indexes.add_index(filtering, index_type="INVERTED")
    return indexes


def _text(schema: CollectionSchema, name: str, length: int = LONGEST, **options: Any) -> None:
    schema.add_field(name, DataType.VARCHAR, max_length=length, **options)
