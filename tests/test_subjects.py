from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.concepts import ConceptEncoder
from treatment_search.engine import Engine
from treatment_search.ingestion import ingest
from treatment_search.records import Facet, FacetValue, Metadata
from treatment_search.subjects import name_key, subjects


def test_one_name_in_two_spellings_is_one() -> None:
    assert name_key("Heel  Spurs") == name_key("heel spur") == "heel spur"
    assert name_key("Injuries") == name_key("injury")
    for name in ("Plantar fasciitis", "Illness", "Lupus", "gas", "Sever's disease", "Gout"):
        assert name_key(name) == name.casefold()


def test_a_title_names_a_treatment_only_where_nothing_else_does() -> None:
    said = Metadata("Rest", ("Gout",), "Clinic")
    titled = Metadata("Ice", ("gout",), "Clinic")
    assert subjects(
        [
            ("Ice for gout", said),
            ("Ice for gout", Metadata(source="Clinic")),
            ("Ice for cramp", Metadata("  ")),
        ]
    ) == [said, titled, Metadata()]


def test_a_search_narrowed_to_what_a_title_names_finds_the_article(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Callable[[str, str], Path]
) -> None:
    write("gout.md", "# Needling for heel spurs\n\nNeedles are put into the calf slowly.\n")
    ingest(corpus, index, encoder)
    engine = Engine(index, encoder_for=lambda _: encoder)
    filters = {Facet.TREATMENT: ("Needling",), Facet.CONDITION: ("heel spurs",)}
    result = engine.search("needles", filters=filters)
    assert [hit.passage.passage.article_id for hit in result.hits] == ["gout.md"]
    assert FacetValue(Facet.TREATMENT, "Needling", 1) in result.facets
