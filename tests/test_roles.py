from __future__ import annotations

import numpy as np
import pytest

from treatment_search.records import Passage, Role
from treatment_search.references import ReferenceVectors, reference_count, role_prototypes
from treatment_search.roles import (
    aside_passages,
    help_passages,
    passage_roles,
    role_of_heading,
    role_of_sentences,
)
from treatment_search.sentence_vectors import SentenceVectors
from treatment_search.sentences import sentence_spans
from treatment_search.vectors import Vectors, quantized

ROLES = list(Role)
AXES = np.eye(len(Role), dtype=np.float32)


def axis(role: Role) -> Vectors:
    return AXES[ROLES.index(role)]


def references() -> ReferenceVectors:
    """Each prototype stands on the axis of its role."""
    rows = np.zeros((reference_count(), len(Role)), np.float32)
    prototypes = [axis(Role(role)) for role, _ in role_prototypes()]
    rows[-len(prototypes) :] = prototypes
    return ReferenceVectors(rows)


def passage(text: str, *headings: str, article: str = "a.md") -> Passage:
    return Passage(article, 0, headings, "Title", 0, len(text), text)


def near(*of_passages: list[Role]) -> SentenceVectors:
    """Each sentence of each passage stands on the axis of a role."""
    rows = [quantized(np.array([axis(role) for role in roles])) for roles in of_passages]
    return SentenceVectors.of_passages(rows, len(Role))


# By the heading


@pytest.mark.parametrize(
    ("heading", "role"),
    [
        ("Get help now", Role.URGENT),
        ("When to call an ambulance", Role.URGENT),
        ("Red flags", Role.URGENT),
        ("When to see a doctor", Role.DOCTOR),
        ("When should I call my doctor?", Role.DOCTOR),
        ("Who should not", Role.CAUTION),
        ("Side effects", Role.CAUTION),
        ("Is it safe?", Role.CAUTION),
        ("What the evidence says", Role.EVIDENCE),
        ("Does it work?", Role.EVIDENCE),
        ("What this article does not cover", Role.OTHER),
        ("Sources", Role.OTHER),
        ("For more information", Role.OTHER),
        ("Symptoms", Role.ABOUT),
        ("What it is", Role.ABOUT),
        ("Who gets it", Role.ABOUT),
        ("How it is done", Role.HOW),
        ("How often and how long", Role.HOW),
        ("Treatment", Role.HOW),
        ("HOW TO STRETCH", Role.HOW),
    ],
)
def test_a_telling_heading_names_its_role(heading: str, role: Role) -> None:
    assert role_of_heading([heading]) is role


@pytest.mark.parametrize("heading", ["Heel spur", "Monday", "", "The calf"])
def test_a_heading_that_only_names_a_topic_tells_nothing(heading: str) -> None:
    assert role_of_heading([heading]) is None


@pytest.mark.parametrize(
    ("heading", "role"),
    [
        ("When to see a doctor about side effects", Role.DOCTOR),  # not caution
        ("Emergency treatment", Role.URGENT),  # not how
        ("Who is at risk", Role.ABOUT),  # not caution, though it names a risk
        ("Risks of the treatment", Role.CAUTION),  # not how
        ("Research on the causes", Role.EVIDENCE),  # not about
        ("Causes and treatment", Role.ABOUT),  # not how
        ("What is physiotherapy", Role.HOW),  # a topic of how before what it is
        ("About this article", Role.OTHER),  # not about
        ("How the treatment compares: results", Role.EVIDENCE),  # not how
    ],
)
def test_the_first_rule_that_fits_wins(heading: str, role: Role) -> None:
    assert role_of_heading([heading]) is role


def test_the_deepest_telling_heading_wins() -> None:
    assert role_of_heading(["Symptoms", "How it is treated"]) is Role.HOW
    assert role_of_heading(["How it is treated", "Symptoms"]) is Role.ABOUT
    assert role_of_heading(["When to see a doctor", "Children"]) is Role.DOCTOR
    assert role_of_heading([]) is None


# By the sentences


def test_sentences_give_the_role_whose_prototypes_are_nearest_on_the_whole() -> None:
    prototypes = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    of_prototypes = [Role.HOW, Role.CAUTION, Role.HOW]
    # One sentence on each prototype: how 1 and 1 and 0, caution 0 and 0 and 1.
    sentences = prototypes[[0, 2, 1]]
    assert role_of_sentences(sentences, prototypes, of_prototypes) is Role.HOW
    # 0.8 and 0.6 beside it: caution has 0.6 and 1 of two sentences, how 0.8 and 0.
    leaning = np.array([[0.8, 0.6, 0], [0, 1, 0]], np.float32)
    assert role_of_sentences(leaning, prototypes, of_prototypes) is Role.CAUTION


def test_many_prototypes_of_a_role_count_no_more_than_the_nearest_of_them() -> None:
    prototypes = np.array([[0.8, 0.6], [0.8, 0.6], [0.8, 0.6], [1, 0]], np.float32)
    of_prototypes = [Role.HOW, Role.HOW, Role.HOW, Role.DOCTOR]
    sentence = np.array([[1, 0]], np.float32)
    assert role_of_sentences(sentence, prototypes, of_prototypes) is Role.DOCTOR


def test_without_sentence_vectors_the_role_is_other() -> None:
    prototypes, roles = AXES[:2], [Role.HOW, Role.DOCTOR]
    assert role_of_sentences(AXES[:0], prototypes, roles) is Role.OTHER
    narrow = np.empty((3, 0), np.float32)  # a model whose tokens have another length
    assert role_of_sentences(narrow, prototypes, roles) is Role.OTHER


def test_sentences_speak_only_where_no_heading_tells() -> None:
    passages = [
        passage("Rub it in. Then rest.", "Symptoms"),
        passage("Rub it in. Then rest.", "Monday"),
        passage("Rub it in. Then rest."),
    ]
    sentences = near(*[[Role.CAUTION, Role.CAUTION]] * 3)
    assert passage_roles(passages, sentences, references()) == [
        Role.ABOUT,
        Role.CAUTION,
        Role.CAUTION,
    ]


def test_only_a_heading_moves_a_passage_aside() -> None:
    passages = [
        passage("See a doctor.", "When to see a doctor"),
        passage("See a doctor.", "Monday"),
        passage("Heel pain.", "What this article does not cover"),
        passage("Call an ambulance.", "Get help now"),
    ]
    assert aside_passages(passages) == {0, 2}


# When to get help

IN_PASSING = "Rest for a week. Call your doctor if it gets worse."


def helping(passages: list[Passage], *sentences: list[Role]) -> dict[int, Role]:
    vectors = near(*sentences)
    roles = passage_roles(passages, vectors, references())
    return help_passages(passages, roles, vectors, references())


def test_sections_on_getting_help_are_found_by_their_role() -> None:
    passages = [
        passage("Rest.", "How it is done"),
        passage("Ring.", "When to see a doctor"),
        passage("Run.", "Get help now"),
    ]
    found = helping(passages, [Role.HOW], [Role.HOW], [Role.HOW])
    assert found == {1: Role.DOCTOR, 2: Role.URGENT}


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.URGENT])
def test_without_such_a_section_a_sentence_that_tells_it_serves(role: Role) -> None:
    assert len(sentence_spans(IN_PASSING)) == 2
    found = helping([passage(IN_PASSING, "How it is done")], [Role.HOW, role])
    assert found == {0: role}


def test_with_such_a_section_nothing_told_in_passing_is_taken() -> None:
    passages = [passage(IN_PASSING, "How it is done"), passage("Ring.", "When to see a doctor")]
    assert helping(passages, [Role.HOW, Role.DOCTOR], [Role.HOW]) == {1: Role.DOCTOR}


def test_a_section_of_another_article_does_not_count() -> None:
    passages = [
        passage(IN_PASSING, "How it is done"),
        passage("Ring.", "When to see a doctor", article="b.md"),
    ]
    found = helping(passages, [Role.HOW, Role.DOCTOR], [Role.HOW])
    assert found == {0: Role.DOCTOR, 1: Role.DOCTOR}


def test_a_sentence_must_say_it_and_be_near_to_what_says_it() -> None:
    heading = "How it is done"
    # It says "call your doctor" but is nearest to a treatment.
    assert helping([passage(IN_PASSING, heading)], [Role.DOCTOR, Role.HOW]) == {}
    # It is near to such sentences but says nothing of a doctor.
    assert helping([passage("Rest. It gets worse.", heading)], [Role.HOW, Role.DOCTOR]) == {}


def test_without_sentence_vectors_only_sections_say_when_to_get_help() -> None:
    passages = [passage(IN_PASSING, "How it is done")]
    none = SentenceVectors.of_passages([np.empty((2, 0), np.int8)], 0)
    assert help_passages(passages, [Role.HOW], none, references()) == {}
