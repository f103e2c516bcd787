from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from treatment_search.synonyms import FEWEST_ARTICLES, explained_in, synonym_pairs


def counted(*articles: Sequence[str]) -> Counter[tuple[str, str]]:
    return Counter(pair for texts in articles for pair in explained_in(texts))


def pairs(*texts: str) -> list[tuple[str, str]]:
    """Return the pairs of a collection in which each text is an article of its own."""
    return [
        (pair.typed, pair.other) for pair in synonym_pairs(counted(*([text] for text in texts)))
    ]


def thrice(text: str) -> list[tuple[str, str]]:
    return pairs(*[text] * FEWEST_ARTICLES)


def test_what_a_bracket_explains_is_found_both_ways() -> None:
    assert thrice("It lifts the foot arch (medial vault) at night.") == [
        ("foot arch", "medial vault"),
        ("medial vault", "foot arch"),
    ]


def test_two_articles_are_too_few() -> None:
    text = "It is the foot arch (vault)."
    assert pairs(text, text, "Something else.") == []
    assert pairs(text, text, text) != []


def test_an_article_that_says_it_often_counts_once() -> None:
    text = "It is the foot arch (vault). So is the foot arch (vault)."
    assert synonym_pairs(counted([text, text, text], [text])) == []


def test_capitals_make_no_difference() -> None:
    texts = ("The Foot Arch (Vault).", "the foot arch (vault)", "THE FOOT ARCH (VAULT)")
    assert pairs(*texts) == [("foot arch", "vault"), ("vault", "foot arch")]


@pytest.mark.parametrize(
    "text",
    [
        "There is a crack in the heel bone (stress fracture).",
        "It swells at the foot arch (medial vault).",
        "They prick behind your ankle bone (malleolus).",
    ],
)
def test_words_that_are_linked_to_others_are_not_what_is_explained(text: str) -> None:
    assert thrice(text) == []


def test_the_phrase_begins_after_the_last_function_word() -> None:
    assert thrice("Some people have a very flat foot arch (pes planus).")[0] == (
        "flat foot arch",
        "pes planus",
    )


@pytest.mark.parametrize(
    "text",
    [
        "Wear the night splint (not too tight).",
        "Use the foot roller (it is cold).",
        "Wear the night splint (for a week).",
    ],
)
def test_a_bracket_with_a_function_word_is_a_remark(text: str) -> None:
    assert thrice(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "It is the heel (calcaneus).",  # one word alone
        "It is the foot arch (the long inner medial vault).",  # four words in the bracket
        "It is the foot arch (1981).",
        "It is the foot arch, (medial vault).",
        "It is the foot arch (medial vault",
    ],
)
def test_what_is_no_phrase_with_a_short_bracket_teaches_nothing(text: str) -> None:
    assert thrice(text) == []


def test_the_longest_phrase_that_is_usual_is_taken() -> None:
    short, long = "It is the foot arch (vault).", "It is the inner foot arch (vault)."
    # Seven articles end in "foot arch". Three of them are too few for what stands before it.
    assert pairs(*[short] * 4, *[long] * 3)[0] == ("foot arch", "vault")
    assert pairs(*[short] * 3, *[long] * 4)[0] == ("inner foot arch", "vault")


def test_at_most_four_words_are_a_phrase() -> None:
    found = thrice("Surgeons straighten painful stiff bent big toes (hallux rigidus).")
    assert found[1] == ("stiff bent big toes", "hallux rigidus")


def test_the_order_of_the_articles_does_not_matter() -> None:
    texts = ["It is the foot arch (vault)."] * 3 + ["It is the big toe (hallux)."] * 3
    assert pairs(*texts) == pairs(*reversed(texts)) == sorted(pairs(*texts))
    assert len(pairs(*texts)) == 4


def test_no_articles_give_no_pairs() -> None:
    assert pairs() == []
