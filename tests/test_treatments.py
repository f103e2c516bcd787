from __future__ import annotations

from treatment_search.records import CatalogueEntry, Facet, Metadata
from treatment_search.treatments import (
    Cell,
    Name,
    entries_by_letter,
    entries_under,
    found_names,
    treatment_map,
)


def entry(
    title: str,
    treatment: str | None = None,
    conditions: tuple[str, ...] = (),
    passages: int = 1,
    headings: tuple[tuple[str, ...], ...] = (),
) -> CatalogueEntry:
    return CatalogueEntry(f"{title}.md", title, Metadata(treatment, conditions), headings, passages)


def test_treatments_stand_against_conditions_largest_first() -> None:
    evidence = (("What it is",), ("What the evidence says",))
    found = treatment_map(
        [
            entry("a", "Taping", ("Heel spur",), 2),
            entry("b", "Needling", ("Heel spurs", "Gout"), 3, evidence),
            entry("c", "taping", ("Heel spur", "heel spur"), 4),
        ]
    )
    # Taping has 2 + 4 passages and Needling 3; heel spur has 2 + 3 + 4 and gout 3.
    assert found.treatments == (
        Name("Taping", ("Taping", "taping")),
        Name("Needling", ("Needling",)),
    )
    assert found.conditions == (
        Name("Heel spur", ("Heel spur", "Heel spurs", "heel spur")),
        Name("Gout", ("Gout",)),
    )
    assert found.cells == {
        (0, 0): Cell(6, ("a.md", "c.md"), has_evidence=False),
        (1, 0): Cell(3, ("b.md",), has_evidence=True),
        (1, 1): Cell(3, ("b.md",), has_evidence=True),
    }
    assert [one.title for one in found.articles[0]] == ["a", "c"]


def test_a_title_places_an_article_only_for_a_condition_that_is_known() -> None:
    stimulation = entry("Deep Brain Stimulation for Parkinson's Disease")
    both = entry("Taping for gout and heel spurs")
    entries = [
        stimulation,
        both,
        entry("Parkinson's disease"),
        entry("Heel spur"),
        entry("All on gout", None, ("Gout",)),
        entry("Quitting Smoking for Older Adults"),
        entry("Treatments for Gout"),
        entry("What I should do for gout"),
        entry("4 steps for gout"),
    ]
    found = treatment_map(entries)
    assert found.by_title == (stimulation, both)
    assert found.without_treatment == tuple(entries[2:])
    assert [name.shown for name in found.treatments] == ["Taping", "Deep Brain Stimulation"][::-1]
    assert {name.shown for name in found.conditions} == {
        "Parkinson's Disease",
        "gout",
        "heel spurs",
    }


def test_what_metadata_names_as_conditions_goes_before_the_title() -> None:
    found = treatment_map([entry("Taping for runners", None, ("Heel spur",))])
    assert [name.shown for name in found.treatments] == ["Taping"]
    assert [name.shown for name in found.conditions] == ["Heel spur"]


def test_a_treatment_without_a_condition_is_there() -> None:
    found = treatment_map([entry("a", "Rest"), entry("b", "   ")])
    assert [name.shown for name in found.treatments] == ["Rest"]
    assert found.conditions == ()
    assert [one.title for one in found.without_treatment] == ["b"]


def test_names_are_found_by_all_words_in_any_spelling() -> None:
    names = (Name("Dry needling", ("Dry needling",)), Name("Café rest", ("Café rest", "Rests")))
    assert found_names(names, "NEEDL dry") == [0]
    assert found_names(names, "cafe rests") == [1]
    assert found_names(names, "") == [0, 1]
    assert found_names(names, "dry rest") == []


def test_titles_stand_under_their_letter() -> None:
    titles = ["Éclair", "eczema", "4 steps", "“Heel spur”", "!!", "gout"]
    letters = entries_by_letter(map(entry, titles))
    assert {letter: [one.title for one in ones] for letter, ones in letters.items()} == {
        "#": ["!!", "4 steps"],
        "E": ["Éclair", "eczema"],
        "G": ["gout"],
        "H": ["“Heel spur”"],
    }


def test_entries_under_filters_have_one_value_of_each_facet() -> None:
    needling = entry("a", "Needling", ("Gout", "Heel spur"))
    taping = entry("b", "Taping", ("Gout",))
    unnamed = entry("c")
    entries = [needling, taping, unnamed]
    assert entries_under(entries, {}) == entries
    assert entries_under(entries, {Facet.CONDITION: ("Gout", "gout")}) == [needling, taping]
    assert entries_under(entries, {Facet.TREATMENT: ("Taping", "Needling")}) == [needling, taping]
    both = {Facet.TREATMENT: ("Needling",), Facet.CONDITION: ("Heel spur",)}
    assert entries_under(entries, both) == [needling]
    assert entries_under(entries, {Facet.ROLE: ("how",), Facet.TREATMENT: ("Taping",)}) == [taping]


def test_an_article_known_by_its_title_stands_under_what_the_map_says() -> None:
    entries = [entry("Taping for gout"), entry("Gout")]
    filters = {Facet.TREATMENT: ("Taping",), Facet.CONDITION: ("gout",)}
    assert entries_under(entries, filters) == entries[:1]
