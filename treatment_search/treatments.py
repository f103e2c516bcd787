"""Articles as catalogued -> which treatments the collection has for which conditions (pure)."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from treatment_search.records import CatalogueEntry, Facet, Filters, Metadata, Role
from treatment_search.roles import role_of_heading
from treatment_search.subjects import name_key, subjects


@dataclass(frozen=True, slots=True)
class Name:
    """A treatment or a condition: as most articles write it, and every way it is written."""

    shown: str
    written: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """What the collection has on one treatment for one condition."""

    passages: int
    articles: tuple[str, ...]
    has_evidence: bool


@dataclass(frozen=True, slots=True)
class TreatmentMap:
    """Treatments against conditions, each largest first, then by name.

    `cells` goes by the positions of a treatment and a condition and holds no empty ones; a
    treatment without any condition has none. `by_title` are the articles that were placed by
    their title alone; `without_treatment` those that name no treatment.
    """

    treatments: tuple[Name, ...]
    conditions: tuple[Name, ...]
    cells: Mapping[tuple[int, int], Cell]
    articles: Mapping[int, tuple[CatalogueEntry, ...]]
    by_title: tuple[CatalogueEntry, ...]
    without_treatment: tuple[CatalogueEntry, ...]


def treatment_map(entries: Sequence[CatalogueEntry]) -> TreatmentMap:
    """Return what the articles have on each treatment and condition (`subjects`)."""
    placed: list[_Placed] = []
    by_title, without = [], []
    for entry, said in zip(entries, _subjects(entries), strict=True):
        if not said.treatment:
            without.append(entry)
            continue
        placed.append(_Placed(entry, said.treatment, said.conditions))
        if said.treatment != entry.metadata.treatment:
            by_title.append(entry)
    articles: dict[str, list[CatalogueEntry]] = defaultdict(list)
    found: dict[tuple[str, str], list[CatalogueEntry]] = defaultdict(list)
    for one in placed:
        articles[name_key(one.treatment)].append(one.entry)
        for condition in {name_key(condition): None for condition in one.conditions}:
            found[name_key(one.treatment), condition].append(one.entry)
    of_condition: dict[str, list[CatalogueEntry]] = defaultdict(list)
    for (_, condition), ones in found.items():
        of_condition[condition] += ones
    rows, treatments = _by_size(articles, [one.treatment for one in placed])
    columns, conditions = _by_size(of_condition, [c for one in placed for c in one.conditions])
    return TreatmentMap(
        treatments,
        conditions,
        {(rows[t], columns[c]): _cell(ones) for (t, c), ones in found.items()},
        {rows[key]: tuple(ones) for key, ones in articles.items()},
        tuple(by_title),
        tuple(without),
    )


def _subjects(entries: Iterable[CatalogueEntry]) -> list[Metadata]:
    return subjects([(entry.title, entry.metadata) for entry in entries])


@dataclass(frozen=True, slots=True)
class _Placed:
    entry: CatalogueEntry
    treatment: str
    conditions: tuple[str, ...]


def _by_size(
    articles: Mapping[str, Sequence[CatalogueEntry]], written: Iterable[str]
) -> tuple[dict[str, int], tuple[Name, ...]]:
    """Return the place of each key, the one with most passages first, and their names."""
    ways: dict[str, Counter[str]] = defaultdict(Counter)
    for name in written:
        ways[name_key(name)][name] += 1
    order = sorted(articles, key=lambda key: (-sum(e.passages for e in articles[key]), key))
    return {key: place for place, key in enumerate(order)}, tuple(_name(ways[k]) for k in order)


def _name(ways: Counter[str]) -> Name:
    """Return the spelling that most articles use, and all of them."""
    return Name(min(ways, key=lambda name: (-ways[name], name)), tuple(sorted(ways)))


def _cell(entries: Sequence[CatalogueEntry]) -> Cell:
    evidence = any(
        role_of_heading(path) is Role.EVIDENCE for entry in entries for path in entry.headings
    )
    ids = tuple(entry.article_id for entry in entries)
    return Cell(sum(entry.passages for entry in entries), ids, evidence)


def found_names(names: Sequence[Name], words: str) -> list[int]:
    """Return the places of the names that hold all of these words, in order."""
    return _holding([" ".join(name.written) for name in names], words)


def found_titles(entries: Sequence[CatalogueEntry], words: str) -> list[CatalogueEntry]:
    """Return the articles whose title, treatment and conditions hold all of these words."""
    said = (
        " ".join([entry.title, entry.metadata.treatment or "", *entry.metadata.conditions])
        for entry in entries
    )
    return [entries[place] for place in _holding(said, words)]


def entries_under(entries: Sequence[CatalogueEntry], filters: Filters) -> list[CatalogueEntry]:
    """Return the articles that have one of the values chosen under treatment, condition, source."""
    wanted = {facet: frozenset(values) for facet, values in filters.items() if values}

    def has(said: Metadata, facet: Facet) -> bool:
        held = {
            Facet.TREATMENT: (said.treatment,),
            Facet.CONDITION: said.conditions,
            Facet.SOURCE: (said.source,),
        }.get(facet)
        return held is None or not wanted[facet].isdisjoint(held)

    about = zip(entries, _subjects(entries), strict=True)
    return [entry for entry, said in about if all(has(said, facet) for facet in wanted)]


def _holding(texts: Iterable[str], words: str) -> list[int]:
    wanted = _plain(words).split()
    plain = enumerate(map(_plain, texts))
    return [place for place, text in plain if all(word in text for word in wanted)]


def entries_by_letter(entries: Iterable[CatalogueEntry]) -> dict[str, list[CatalogueEntry]]:
    """Return the articles by the first letter of their title, A to Z, `#` for all others first."""
    letters: dict[str, list[CatalogueEntry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda entry: (_plain(entry.title), entry.article_id)):
        letters[_letter(entry.title)].append(entry)
    return dict(sorted(letters.items()))


def _letter(title: str) -> str:
    first = next((c for c in _plain(title) if c.isalnum()), "#").upper()
    return first if first.isalpha() else "#"


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
