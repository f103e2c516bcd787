from __future__ import annotations

import pytest

from treatment_search.comparing import Aspect, compared
from treatment_search.records import Metadata, Passage, Role, StoredPassage
from treatment_search.roles import tells_how_long


def stored(number: int, heading: str, role: Role = Role.OTHER, section: int = -1) -> StoredPassage:
    headings = (heading,) if heading else ()
    section = number if section < 0 else section
    passage = Passage(
        "a.md", section, headings, "T", number * 10, number * 10 + 5, f"text {number}"
    )
    return StoredPassage(number, "T", Metadata(), passage, role)


@pytest.mark.parametrize(
    ("heading", "told"),
    [
        ("How often and how long", True),
        ("How many sessions do I need?", True),
        ("Recovery time", True),
        ("How long it takes", True),
        ("How it is done", False),
        ("What the evidence says", False),
    ],
)
def test_a_heading_tells_how_long(heading: str, *, told: bool) -> None:
    assert tells_how_long(("Longest article", heading)) is told
    assert not tells_how_long(())


def test_each_section_stands_under_what_it_is_for() -> None:
    passages = [
        stored(0, "What it is"),
        stored(1, "How it is done"),
        stored(2, "How it is done", section=1),
        stored(3, "How often and how long"),
        stored(4, "What can go wrong"),
        stored(5, "Who should not"),
        stored(6, "What the evidence says"),
        stored(7, "When to see a doctor"),
        stored(8, "Get help now"),
        stored(9, "Sources"),
    ]
    found = compared(passages, [])
    numbers = {
        aspect: [[one.number for one in part.passages] for part in parts]
        for aspect, parts in found.items()
    }
    assert numbers == {
        Aspect.ABOUT: [[0]],
        Aspect.HOW: [[1, 2]],
        Aspect.TIME: [[3]],
        Aspect.CAUTION: [[5], [4]],  # who should not is asked for first
        Aspect.EVIDENCE: [[6]],
        Aspect.DOCTOR: [[7], [8]],
    }
    assert list(found) == list(Aspect)
    assert found[Aspect.CAUTION][0].heading == "Who should not"


def test_how_long_studies_went_on_is_evidence() -> None:
    assert list(compared([stored(0, "How long does it work: the evidence")], [])) == [
        Aspect.EVIDENCE
    ]


def test_what_nothing_is_said_about_is_left_out_and_a_guess_is_no_warning() -> None:
    guessed = [stored(0, "Needles", Role.CAUTION), stored(1, "", Role.ABOUT)]
    found = compared(guessed, [])
    assert list(found) == [Aspect.ABOUT]
    assert found[Aspect.ABOUT][0].heading == "T"


def test_help_told_in_passing_counts_where_no_section_is_for_it() -> None:
    passing = stored(1, "How it is done")
    found = compared([passing], [passing])
    assert found[Aspect.DOCTOR][0].passages == (passing,)
    section = stored(2, "When to see a doctor")
    both = compared([passing, section], [passing])
    assert [part.passages for part in both[Aspect.DOCTOR]] == [(section,)]
