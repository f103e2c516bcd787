from __future__ import annotations

import pytest

from treatment_search.errors import ArticleUnreadable
from treatment_search.reading import read_article
from treatment_search.reading.boilerplate import is_boilerplate
from treatment_search.reading.text import read_text
from treatment_search.records import Article

WEB_PAGE = """Shockwave for tennis elbow

Home | About us | Treatments | Contact

This website uses cookies

Shockwave sends sound waves into the sore tendon. It takes five minutes.

What happens on the day?

Before the treatment

Take off your watch. Tell us about your medicines.

After the treatment

Rest the arm for one day. Then use it as before.

Who should not have it?

People with a pacemaker ask a doctor first.

See also this video:


© 2025 Elbow Clinic. All rights reserved.

elbow tendon shockwave tennis golfer brace ice rest physiotherapy forearm grip strap elbow needle
"""


def read(source: str) -> Article:
    return read_text("advice/tennis_elbow.txt", source.encode("utf-8"))


def sections_of(source: str) -> list[tuple[tuple[str, ...], str]]:
    article = read(source)
    return [(s.headings, article.text[s.start : s.end]) for s in article.sections]


def test_a_web_page_becomes_title_headings_and_text():
    assert read(WEB_PAGE).title == "Shockwave for tennis elbow"
    assert sections_of(WEB_PAGE) == [
        ((), "Shockwave sends sound waves into the sore tendon. It takes five minutes."),
        (("What happens on the day?",), ""),
        (
            ("What happens on the day?", "Before the treatment"),
            "Take off your watch. Tell us about your medicines.",
        ),
        (
            ("What happens on the day?", "After the treatment"),
            "Rest the arm for one day. Then use it as before.",
        ),
        (("Who should not have it?",), "People with a pacemaker ask a doctor first."),
    ]


def test_page_furniture_is_named_in_the_notes():
    assert read(WEB_PAGE).notes == (
        "left out as page furniture: 'Home | About us | Treatments | Contact'; "
        "'This website uses cookies'; 'See also this video:' and 2 more",
    )


@pytest.mark.parametrize(
    "block",
    [
        "Home | About us | Treatments | Contact",
        "Home » Treatments » Shockwave",
        "Skip to main content",
        "We use cookies to make this page better",
        "Accept all cookies",
        "Privacy policy",
        "Copyright 2025 Elbow Clinic",
        "© Elbow Clinic",
        "(c) 2025",
        "Posted on 3 May 2024 by admin",
        "Share this page",
        "Tags: elbow, tendon",
        "Related articles:",
        "See our video:",
        "elbow tendon shockwave tennis golfer brace ice rest forearm grip strap needle",
    ],
)
def test_page_furniture_is_left_out_and_noted(block):
    article = read(f"Tennis elbow\n\nRest the arm.\n\n{block}\n\nThen use it.\n")
    assert article.text == "Rest the arm.\n\nThen use it."
    assert article.notes == (f"left out as page furniture: {block[:60]!r}",)


@pytest.mark.parametrize(
    "block",
    [
        "Loading exercises",
        "Share your worries with a doctor.",
        "Rest | ice",
        "Print the exercises and hang them beside the bed, where you see them every morning.",
        "The copyright of nature is not ours.",
        "Next, lower the heel.",
        "Follow us to the quiet room on the first floor, where the nurse waits for you each day.",
        "coude tendon épaule poignet doigt bras muscle nerf glace repos orthèse aiguille",
        "elbow tendon shockwave tennis golfer brace ice rest forearm grip strap needle.",
        "the rest of the arm and the hand is for you to use as you did before it",
        "short heap of tags elbow tendon",
    ],
)
def test_text_that_only_resembles_furniture_is_kept(block):
    assert not is_boilerplate(block)


@pytest.mark.parametrize("first", ["Skip to content", "Home | About us | Contact"])
def test_furniture_above_the_title_is_not_the_title(first):
    article = read(f"{first}\n\nTennis elbow\n\nRest the arm.\n")
    assert (article.title, article.text) == ("Tennis elbow", "Rest the arm.")
    assert article.notes == (f"left out as page furniture: {first!r}",)


def test_a_title_with_the_names_of_its_site_is_kept_when_there_is_no_other():
    assert read("Tennis elbow | Elbow Clinic | Arms\n\nRest the arm.\n").title == (
        "Tennis elbow | Elbow Clinic | Arms"
    )


@pytest.mark.parametrize(
    "first",
    ["Rest the arm.", "- rest", "1. Rest the arm", "!!!", "Bring with you:", "it is so " * 5],
)
def test_a_first_line_that_is_no_title_is_text_and_the_file_name_is_the_title(first):
    article = read(f"{first}\n\nThen use it.\n")
    assert article.title == "tennis elbow"
    assert article.text == f"{first.strip()}\n\nThen use it."


def test_the_title_repeated_below_is_no_heading():
    assert sections_of("Tennis elbow\n\nTennis elbow\n\nRest the arm.\n") == [((), "Rest the arm.")]


def test_short_lines_without_a_full_stop_are_headings():
    source = "Elbow\n\nTaping\n\nIt is taped.\n\nIcing\n\nIt is cooled.\n"
    assert sections_of(source) == [(("Taping",), "It is taped."), (("Icing",), "It is cooled.")]


def test_a_heading_right_below_another_belongs_to_it():
    source = "Elbow\n\nTreatments\n\nTaping\n\nIt is taped.\n\nIcing\n\nIt is cooled.\n"
    assert sections_of(source) == [
        (("Treatments",), ""),
        (("Treatments", "Taping"), "It is taped."),
        (("Icing",), "It is cooled."),
    ]


def test_of_three_headings_in_a_row_the_last_two_hold_the_text():
    source = "Elbow\n\nTreatments\n\nInjections\n\nSteroid\n\nIt is injected.\n"
    assert sections_of(source)[-1] == (("Injections", "Steroid"), "It is injected.")


def test_a_line_that_goes_on_in_lower_case_is_no_heading():
    source = "Elbow\n\nTennis players often\nfeel a pain on the outer side of the elbow at night.\n"
    assert sections_of(source) == [
        ((), "Tennis players often\nfeel a pain on the outer side of the elbow at night.")
    ]


def test_a_heading_on_the_line_above_its_paragraph_is_told_from_it():
    source = (
        "Elbow\n\nLoading exercises\n"
        "Hold a light weight and lower it slowly over the edge of a table.\n"
    )
    assert sections_of(source) == [
        (
            ("Loading exercises",),
            "Hold a light weight and lower it slowly over the edge of a table.",
        )
    ]


def test_loading_exercises_as_a_heading_survives_and_nothing_is_noted():
    source = "Elbow\n\nLoading exercises\n\nLower the weight slowly.\n"
    assert sections_of(source) == [(("Loading exercises",), "Lower the weight slowly.")]
    assert read(source).notes == ()


def test_a_last_short_line_is_text_since_nothing_stands_below_it():
    assert sections_of("Elbow\n\nRest the arm.\n\nBe patient\n") == [
        ((), "Rest the arm.\n\nBe patient")
    ]


def test_a_run_of_short_lines_is_a_list_and_its_last_line_heads_what_follows():
    source = "Elbow\n\nTape\n\nIce\n\nRest\n\nLoading exercises\n\nLower it slowly.\n"
    assert sections_of(source) == [
        ((), "Tape\nIce\nRest"),
        (("Loading exercises",), "Lower it slowly."),
    ]


def test_a_colon_line_keeps_the_items_that_it_introduces():
    source = "Elbow\n\nBring with you:\n\nA towel\n\nLoose clothes\n\nThen we start.\n"
    assert sections_of(source) == [
        ((), "Bring with you:\n\nA towel\nLoose clothes\n\nThen we start.")
    ]
    assert read(source).notes == ()


def test_a_question_after_the_items_of_a_colon_line_is_a_heading():
    source = "Elbow\n\nBring with you:\n\nA towel\n\nDoes it hurt?\n\nA little.\n"
    assert sections_of(source) == [
        ((), "Bring with you:\n\nA towel"),
        (("Does it hurt?",), "A little."),
    ]


def test_a_colon_line_that_introduces_nothing_is_left_out_and_noted():
    article = read("Elbow\n\nRest the arm.\n\nWatch how it is done:\n")
    assert article.text == "Rest the arm."
    assert article.notes == ("left out as page furniture: 'Watch how it is done:'",)


@pytest.mark.parametrize("mark", ["-", "*", "•", "1.", "(2)", "3)", "a."])
def test_marked_items_keep_their_lines(mark):
    source = f"Elbow\n\nDo this:\n{mark} lower the weight slowly until the whole arm is straight\n"
    source += f"{mark} rest\n"
    assert read(source).text == (
        f"Do this:\n{mark} lower the weight slowly until the whole arm is straight\n{mark} rest"
    )


def test_a_paragraph_wrapped_by_hand_is_joined():
    source = (
        "Elbow\n\n"
        "Sit at a table and rest the sore arm on it with the\n"
        "palm down. Hold a light weight and lower it slowly\n"
        "over the edge.\n"
    )
    assert read(source).text == (
        "Sit at a table and rest the sore arm on it with the palm down. "
        "Hold a light weight and lower it slowly over the edge."
    )


def test_a_line_that_ends_its_sentence_is_not_joined():
    source = "Elbow\n\nSit at a table and rest the sore arm on the table.\nThen lower it.\n"
    assert read(source).text == (
        "Sit at a table and rest the sore arm on the table.\nThen lower it."
    )


def test_unwrapped_paragraphs_are_one_a_line():
    first = "The weight is lowered slowly and lifted with the other hand. " * 3
    second = "It is done three times a day. " * 3
    assert len(first.strip()) > 160
    assert read(f"Elbow\n\n{first}\n{second}\nRest.\n").text == (
        f"{first.strip()}\n\n{second.strip()}\n\nRest."
    )


def test_windows_line_ends_change_nothing():
    plain, windows = read(WEB_PAGE), read(WEB_PAGE.replace("\n", "\r\n"))
    assert plain == windows


def test_blank_lines_may_hold_spaces():
    assert sections_of("Elbow\n \t\nTaping\n\u00a0\nIt is taped.\n") == [
        (("Taping",), "It is taped.")
    ]


@pytest.mark.parametrize("source", ["Elbow\n", "Elbow\n\n© 2025 Clinic\n"])
def test_a_title_alone_is_refused(source):
    with pytest.raises(ArticleUnreadable, match="no text below its title"):
        read_article("elbow.txt", source.encode())


def test_markup_in_plain_text_stays_as_typed():
    assert read("Elbow\n\nIt *is* <b>sore</b> & $x$.\n").text == "It *is* <b>sore</b> & $x$."


@pytest.mark.parametrize(
    "listed",
    [
        "- urinalysis  - blood test  - lab tests  - sweat test  - muscle test  - skin test  - scan",
        "fever chills cough headache nausea vomiting diarrhea fatigue dizziness fainting rash itch",
    ],
)
def test_a_list_that_a_line_announces_is_no_heap_of_tags(listed: str) -> None:
    text = f"Tests\n\nWhat is done\n\nThe doctor may look for:\n\n{listed}\n\nThat is all.\n"
    article = read_text("tests.txt", text.encode())
    assert listed in article.text
    assert article.notes == ()


def test_a_list_in_one_line_is_no_heap_of_tags() -> None:
    listed = "- beer  - cheese  - cocoa  - sodas  - beans  - milk  - nuts  - peas  - eggs"
    listed += "  - yogurt  - rye bread  - soy"
    article = read_text("diet.txt", f"Diet\n\nLeave these out.\n\n{listed}\n".encode())
    assert listed in article.text
    assert article.notes == ()
