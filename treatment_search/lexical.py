"""Analyzed terms -> passages, or whole articles, by BM25; the only file that knows tantivy.

tantivy scores with BM25 at k1 = 1.2 and b = 0.75, inverse document frequency
ln(1 + (N - n + 0.5) / (n + 0.5)); lengths above 40 terms are rounded to one byte. What was
removed is not found, but N, n and the mean length count it until its segment is written anew.
"""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import log
from pathlib import Path

import tantivy

from treatment_search.errors import IndexDamaged
from treatment_search.records import Field

K1 = 1.2

# What a word that was not typed counts; docs/ranking.md has the choice.
ALSO_WEIGHT = 0.7

_WRITER_BYTES = 128_000_000
_PASSAGE = "passage"
_META = "meta.json"
# The files that tantivy does not write once and for all.
_LISTINGS = (_META, ".managed.json")

Terms = Sequence[str]


class KeywordIndex:
    """BM25 search over numbered passages, each with two fields of terms."""

    def __init__(self, index: tantivy.Index, written: int) -> None:
        """Take an index and how many passages were written to its segments, removed ones too."""
        index.register_tokenizer("terms", _at_spaces())
        self._schema = index.schema
        self._searcher = index.searcher()
        self._written = written

    @classmethod
    def build(cls, folder: Path, passages: Iterable[tuple[Terms, Terms]]) -> None:
        """Write an index of (text terms, heading terms), numbered in order, into `folder`.

        Raises OSError when the disk does not take it.
        """
        folder.mkdir(parents=True)
        with _writing(folder):
            schema = tantivy.SchemaBuilder()
            schema.add_unsigned_field(_PASSAGE, indexed=True, fast=True)
            for field in Field:
                schema.add_text_field(field, tokenizer_name="terms", index_option="freq")
            index = tantivy.Index(schema.build(), path=str(folder))
            numbered = ((number, *terms) for number, terms in enumerate(passages))
            _commit(index, (), numbered)

    @classmethod
    def amend(
        cls, folder: Path, removed: Collection[int], added: Iterable[tuple[int, Terms, Terms]]
    ) -> None:
        """Remove passages by number, and add others (number, text terms, heading terms).

        What may be linked to from another folder is not written into. Only small segments are
        written anew. Raises ValueError when a passage to remove is not there, and OSError when
        the disk does not take it.
        """
        there = len(cls.open(folder))
        with _writing(folder):
            for name in _LISTINGS:
                content = (folder / name).read_bytes()
                (folder / name).unlink()
                (folder / name).write_bytes(content)
            count = _commit(tantivy.Index.open(str(folder)), removed, added)
        if len(cls.open(folder)) != there - len(set(removed)) + count:
            raise ValueError(f"passages that are not in '{folder}' cannot be removed")

    @classmethod
    def open(cls, folder: Path, *, writable: bool | None = None) -> KeywordIndex:
        """Return the index saved in `folder`.

        tantivy locks a file beside an index even to read it. In a folder that is not
        `writable` (looked up unless given) it is opened through links to its files.
        """
        try:
            written = _written(folder)
            if os.access(folder, os.W_OK) if writable is None else writable:
                return cls(tantivy.Index.open(str(folder)), written)
            with tempfile.TemporaryDirectory() as links:
                for path in folder.resolve().iterdir():
                    if not path.name.endswith(".lock"):
                        Path(links, path.name).symlink_to(path)
                return cls(tantivy.Index.open(links), written)
        except (ValueError, OSError, LookupError, TypeError) as error:
            raise IndexDamaged(f"'{folder}' cannot be read as a tantivy index") from error

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def search(
        self, field: Field, terms: Sequence[str], count: int, also: Sequence[str] = ()
    ) -> list[tuple[int, float]]:
        """Return the `count` best (passage, BM25), best first, ties by passage number.

        A term given twice counts once; one of `also` counts ALSO_WEIGHT of its BM25. Passages
        that hold none of the terms are left out.
        """
        unique = weighted(terms, also)
        if not unique or count < 1:
            return []
        query = tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Should, self._term_query(field, term, weight))
                for term, weight in unique.items()
            ]
        )
        fetched = count
        while True:  # until the cut falls between two different scores
            fetched += 1 + fetched // 8
            hits = self._searcher.search(query, limit=fetched, count=False).hits
            if len(hits) < fetched or hits[-1][0] < hits[count - 1][0]:
                break
        numbers = self._searcher.fast_field_values(_PASSAGE, [address for _, address in hits])
        found = [(int(n or 0), float(s)) for n, (s, _) in zip(numbers, hits, strict=True)]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:count]

    def _term_query(self, field: Field, term: str, weight: float) -> tantivy.Query:
        query = tantivy.Query.term_query(self._schema, field, term)
        return query if weight == 1.0 else tantivy.Query.boost_query(query, weight)

    def ceiling(self, field: Field, terms: Sequence[str]) -> float:
        """Return a BM25 no text can exceed: each of the terms, endlessly often."""
        frequencies = [self._searcher.doc_freq(field, term) for term in dict.fromkeys(terms)]
        return highest_score(rarity(self._written, count) for count in frequencies)

    def rarity(self, term: str) -> float:
        """Return BM25's inverse document frequency of a term, over text and headings."""
        holding = max(self._searcher.doc_freq(field, term) for field in Field)
        return rarity(self._written, holding)

    def passages_with(self, term: str) -> int:
        """Return how many passages hold `term` in their text or their headings, at least.

        Removed ones may be among them, but not alone: 0 when no other one holds it.
        """
        return max(self._passages_with(field, term) for field in Field)

    def _passages_with(self, field: Field, term: str) -> int:
        frequency = int(self._searcher.doc_freq(field, term))
        removed = self._written - len(self)
        if not 0 < frequency <= removed:
            return frequency
        query = tantivy.Query.term_query(self._schema, field, term)
        return len(self._searcher.search(query, limit=1, count=False).hits)


def rarity(texts: int, holding: int) -> float:
    """Return BM25's inverse document frequency of a term that so many of the texts hold."""
    return log(1 + (texts - holding + 0.5) / (holding + 0.5))


def weighted(terms: Sequence[str], also: Sequence[str]) -> dict[str, float]:
    """Return what each term of a question counts of its BM25; one given twice counts once."""
    return dict.fromkeys(also, ALSO_WEIGHT) | dict.fromkeys(terms, 1.0)


def highest_score(rarities: Iterable[float]) -> float:
    """Return a BM25 no text can exceed: each term of these rarities, endlessly often."""
    return sum((K1 + 1) * rare for rare in rarities)


def _written(folder: Path) -> int:
    """Return how many documents tantivy counts in its statistics; it tells no other way."""
    segments = json.loads((folder / _META).read_bytes())["segments"]
    return sum(int(segment["max_doc"]) for segment in segments)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Turn tantivy's error into OSError, and let all read what is new who may read the folder."""
    try:
        yield
    except ValueError as error:
        raise OSError(errno.EIO, str(error), str(folder)) from error
    # tantivy gives two of its files to their owner alone.
    mode = folder.stat().st_mode & 0o666
    for path in folder.iterdir():
        if path.stat().st_mode & 0o666 != mode:
            path.chmod(mode)


def _commit(
    index: tantivy.Index, removed: Iterable[int], added: Iterable[tuple[int, Terms, Terms]]
) -> int:
    """Remove and add passages in one step; return how many were added."""
    index.register_tokenizer("terms", _at_spaces())
    # One thread: documents keep their order, so that one corpus gives one index.
    writer = index.writer(heap_size=_WRITER_BYTES, num_threads=1)
    for number in removed:
        # By a query, which knows the field's type: a number given as a term matches nothing.
        query = tantivy.Query.term_query(index.schema, _PASSAGE, number)
        writer.delete_documents_by_query(query)
    count = 0
    for number, text, heading in added:
        document = tantivy.Document()
        document.add_unsigned(_PASSAGE, number)
        document.add_text(Field.TEXT, " ".join(text))
        document.add_text(Field.HEADING, " ".join(heading))
        writer.add_document(document)
        count += 1
    writer.commit()
    writer.wait_merging_threads()
    return count


def _at_spaces() -> tantivy.TextAnalyzer:
    return tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
