from __future__ import annotations

from treatment_search.facets import facet_values, narrowed, values_of
from treatment_search.fusion import at_most_per_group
from treatment_search.records import Facet, FacetValue, Metadata, RankedPassage, Role

ARTICLES = (0, 0, 0, 1, 2)
METADATA = {
    0: Metadata(treatment="taping", conditions=("heel pain", "sprain"), source="A"),
    1: Metadata(treatment="needling", conditions=("heel pain",), source="B"),
    2: Metadata(),
}
ROLES = (Role.ABOUT, Role.HOW, Role.HOW, Role.HOW, Role.CAUTION)
VALUES = values_of(ARTICLES, METADATA.__getitem__, ROLES.__getitem__)
RANKED = [RankedPassage(n, 1.0 - n / 10, 0, 0, 0, 0, 0) for n in (3, 2, 1, 0, 4)]


def numbers(passages: list[RankedPassage]) -> list[int]:
    return [passage.number for passage in passages]


def grouped(passages: list[RankedPassage]) -> list[RankedPassage]:
    return at_most_per_group(passages, ARTICLES, 2)


def counts(filters: dict[Facet, tuple[str, ...]]) -> list[FacetValue]:
    return list(facet_values(RANKED, filters, VALUES, grouped))


def test_one_of_the_values_must_hold_under_every_facet_that_has_some() -> None:
    assert numbers(narrowed(RANKED, {}, VALUES)) == [3, 2, 1, 0, 4]
    how = {Facet.ROLE: ("how",)}
    assert numbers(narrowed(RANKED, how, VALUES)) == [3, 2, 1]
    assert numbers(narrowed(RANKED, {**how, Facet.TREATMENT: ("taping",)}, VALUES)) == [2, 1]
    both = {Facet.TREATMENT: ("taping", "needling"), Facet.CONDITION: ("heel pain",)}
    assert numbers(narrowed(RANKED, both, VALUES)) == [3, 2, 1, 0]
    assert narrowed(RANKED, {Facet.SOURCE: ("C",)}, VALUES) == []


def test_a_count_is_what_choosing_the_value_shows() -> None:
    for value in counts({}):
        shown = grouped(narrowed(RANKED, {value.facet: (value.value,)}, VALUES))
        assert value.passages == len(shown)
    # Of article 0 at most two: its three passages count 2, and 1 of article 1 makes 3.
    assert FacetValue(Facet.TREATMENT, "taping", 2) in counts({})
    assert FacetValue(Facet.CONDITION, "heel pain", 3) in counts({})


def test_a_choice_narrows_the_other_facets_and_not_its_own() -> None:
    found = counts({Facet.ROLE: ("about",)})
    assert [v.value for v in found if v.facet is Facet.ROLE] == ["how", "about", "caution"]
    assert [v.value for v in found if v.facet is Facet.TREATMENT] == ["taping"]


def test_a_choice_that_leaves_nothing_is_still_told() -> None:
    assert FacetValue(Facet.SOURCE, "C", 0) in counts({Facet.SOURCE: ("C",)})
