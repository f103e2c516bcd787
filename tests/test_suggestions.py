from __future__ import annotations

from dataclasses import replace

from treatment_search.records import CatalogueEntry, Metadata
from treatment_search.suggestions import MOST, suggestions

SMALL = CatalogueEntry(
    "gout.md", "Gout", Metadata(conditions=("gout", "Gout in the foot")), (("Sources",), ()), 2
)
LARGE = CatalogueEntry(
    "needling.md",
    "Dry needling for heel spur",
    Metadata("Dry needling", ("Heel spur",)),
    (("How it is done",), ("How it is done", "The needle")),
    9,
)


def test_names_stand_before_titles_and_titles_before_headings_the_largest_article_first() -> None:
    assert suggestions([SMALL, LARGE]) == (
        "Dry needling",
        "Heel spur",
        "gout",
        "Gout in the foot",
        "Dry needling for heel spur",
        "How it is done: Dry needling for heel spur",
        "The needle: Dry needling for heel spur",
    )


def test_what_is_as_long_as_a_page_is_left_out() -> None:
    long = replace(SMALL, title="x" * 101, headings=(("Who should not",),))
    assert suggestions([long]) == ("gout", "Gout in the foot")


def test_a_large_collection_offers_as_many_as_a_box_can_hold() -> None:
    many = [replace(SMALL, title=f"Title {n:03}", article_id=f"{n:03}.md") for n in range(600)]
    offered = suggestions(many)
    assert len(offered) == MOST
    assert offered[:3] == ("gout", "Gout in the foot", "Title 000")
