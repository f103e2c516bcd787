"""Passages and articles of a generation on a Milvus server."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

from treatment_search.cluster.layout import (
    ARTICLES,
    DOCTOR_HELP,
    NO_HELP,
    PASSAGES,
    URGENT_HELP,
    VOCABULARY,
    key_of,
    unpacked,
)
from treatment_search.cluster.reading import context_terms
from treatment_search.cluster.tables import Row, Tables
from treatment_search.parts import Places
from treatment_search.records import (
    AlsoSearched,
    Article,
    CatalogueEntry,
    Language,
    Metadata,
    Passage,
    Role,
    Section,
    StoredPassage,
)
from treatment_search.store.schema import ROLES

_HELP = {URGENT_HELP: Role.URGENT, DOCTOR_HELP: Role.DOCTOR}


class ClusterPassages:
    """Reads passages and articles; safe to use from several threads."""

    def __init__(
        self,
        tables: Tables,
        next_article: int,
        synonyms: Sequence[AlsoSearched],
        languages: Iterable[str],
    ) -> None:
        """Take also what is small and asked often: synonyms, and the articles' languages."""
        self._tables = tables
        self._next_article = next_article
        self._synonyms = list(synonyms)
        self._languages = frozenset(languages)

    def places(self, numbers: Sequence[int]) -> Places:
        """Return where these passages stand."""
        fields = ["context", "article", "original", "aside", "role"]
        found = self._tables.numbered(PASSAGES, numbers, fields)
        rows = [found[number] for number in numbers]
        return Places(
            numbers,
            [int(row["context"]) for row in rows],
            [int(row["article"]) for row in rows],
            [int(row["original"]) for row in rows],
            [bool(row["aside"]) for row in rows],
            [ROLES[row["role"]] for row in rows],
        )

    def passages(self, numbers: Sequence[int]) -> list[StoredPassage]:
        """Return the passages with these numbers, in this order."""
        found = self._tables.numbered(PASSAGES, numbers, ["record"])
        return self._stored([found[number] for number in numbers])

    def article_ids(self, numbers: Sequence[int]) -> dict[int, str]:
        """Return the article of each of these passages."""
        return {one.number: one.passage.article_id for one in self.passages(numbers)}

    def also_in(self, numbers: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """Return the other articles that hold the text of these passages too, in their order."""
        fields = ["said", "article"]
        asked = self._tables.by(PASSAGES, "number", numbers, fields, " and repeated == true")
        same = self._tables.by(
            PASSAGES, "said", (row["said"] for row in asked), [*fields, "record"]
        )
        ids = {one.number: one.passage.article_id for one in self._stored(same)}
        found = {}
        for row in asked:
            others = {
                ids[other["number"]]
                for other in same
                if other["said"] == row["said"] and other["article"] != row["article"]
            }
            if others:
                found[int(row["number"])] = tuple(sorted(others))
        return found

    def article(self, article_id: str) -> Article | None:
        """Return one article whole, or None when the collection has none of that name."""
        owner = f"a{key_of(article_id)}"
        text = self._tables.parts([owner]).get(owner)
        return None if text is None else article_of(unpacked(text))

    def passage_at(self, article_id: str, start: int) -> int | None:
        """Return the number of the passage that begins at `start` in an article, or None."""
        where = f'article_key == "{key_of(article_id)}" and start == {int(start)}'
        rows = self._tables.rows(PASSAGES, where, ["number"])
        return int(rows[0]["number"]) if rows else None

    def passages_of(self, article_id: str) -> list[StoredPassage]:
        """Return an article's passages in reading order; none when there is no such article."""
        rows = self._tables.by(PASSAGES, "article_key", [key_of(article_id)], ["number", "record"])
        return self._stored(sorted(rows, key=lambda row: int(row["number"])))

    def catalogue(self) -> list[CatalogueEntry]:
        """Return every article without its text, in the order of their ids."""
        rows = list(self._tables.all(ARTICLES, ["record"], self._next_article))
        texts = self._tables.whole(((row, f"e{row['article']}") for row in rows), "record")
        entries = [_entry_of(json.loads(text)) for text in texts]
        return sorted(entries, key=lambda entry: entry.article_id)

    def titles(self) -> list[str]:
        """Return the articles' titles, in the order of their ids."""
        return [entry.title for entry in self.catalogue()]

    def subjects(self, articles: Iterable[int]) -> dict[int, Metadata]:
        """Return, by their numbers, what articles say of themselves and are about."""
        found = self._tables.numbered(ARTICLES, articles, ["about"])
        texts = self._tables.whole(((row, f"b{number}") for number, row in found.items()), "about")
        return {
            number: Metadata.of(json.loads(text)) for number, text in zip(found, texts, strict=True)
        }

    def help_passages(self, articles: Sequence[str]) -> dict[str, list[StoredPassage]]:
        """Return by article what it says about getting help, urgent passages first."""
        keys, fields = map(key_of, articles), ["number", "help", "record"]
        rows = self._tables.by(PASSAGES, "article_key", keys, fields, f" and help > {NO_HELP}")
        rows.sort(key=lambda row: (row["help"], row["number"]))
        found: dict[str, list[StoredPassage]] = {}
        for row, stored in zip(rows, self._stored(rows), strict=True):
            own = found.setdefault(stored.passage.article_id, [])
            own.append(replace(stored, role=_HELP[row["help"]]))
        return found

    def context_terms(self, contexts: Iterable[int]) -> dict[int, frozenset[str]]:
        """Return the analyzed terms of these heading paths."""
        return context_terms(self._tables, contexts)

    def vocabulary(self) -> dict[str, int]:
        """Return in how many passages each content word stands, as written but folded."""
        return dict(unpacked(self._tables.part(VOCABULARY)))

    def synonyms(self) -> list[AlsoSearched]:
        """Return the other words for the same that the articles give."""
        return self._synonyms

    def foreign_languages(self) -> frozenset[str]:
        """Return the codes of languages that some articles are in and the model does not read."""
        return self._languages

    def close(self) -> None:
        """Nothing is held open but the connection, which others share."""

    def _stored(self, rows: Sequence[Row]) -> list[StoredPassage]:
        texts = self._tables.whole(((row, f"p{row['number']}") for row in rows), "record")
        return [
            _stored_of(int(row["number"]), json.loads(text))
            for row, text in zip(rows, texts, strict=True)
        ]


def passage_record(stored: StoredPassage) -> dict[str, Any]:
    """Return what a passage's row keeps for whoever is shown it."""
    return {
        "title": stored.title,
        "metadata": asdict(stored.metadata),
        "passage": asdict(stored.passage),
        "role": stored.role,
    }


def _stored_of(number: int, record: dict[str, Any]) -> StoredPassage:
    passage = {**record["passage"], "headings": tuple(record["passage"]["headings"])}
    return StoredPassage(
        number,
        record["title"],
        Metadata.of(record["metadata"]),
        Passage(**passage),
        Role(record["role"]),
    )


def _entry_of(record: dict[str, Any]) -> CatalogueEntry:
    return CatalogueEntry(
        record["article_id"],
        record["title"],
        Metadata.of(record["metadata"]),
        tuple(map(tuple, record["headings"])),
        record["passages"],
    )


def article_of(record: dict[str, Any]) -> Article:
    """Return the article of what `asdict` made of it."""
    language = record["language"]
    return Article(
        article_id=record["article_id"],
        title=record["title"],
        text=record["text"],
        sections=tuple(
            Section(tuple(s["headings"]), s["start"], s["end"]) for s in record["sections"]
        ),
        metadata=Metadata.of(record["metadata"]),
        notes=tuple(record["notes"]),
        language=Language(**language) if language else None,
        pages=tuple(record["pages"]),
    )
