from __future__ import annotations

import numpy as np
import pytest

from treatment_search.urgency import RIDGE, UrgencyLine, parts_of
from treatment_search.vectors import Vectors

NONE = np.empty((0, 3), np.float32)
BONE, ACHE, BREAD = np.eye(3, dtype=np.float32)


def rows(*vectors: Vectors) -> Vectors:
    return np.stack(vectors)


# The line


def test_a_sign_of_the_list_is_urgent_and_a_calm_one_is_not() -> None:
    line = UrgencyLine(rows(BONE), rows(ACHE), rows(BREAD))
    assert line.urgency(rows(BONE)) > 0 > line.urgency(rows(ACHE))
    assert line.urgency(rows(BREAD)) < 0


def test_the_line_is_the_ridge_regression_of_the_signs() -> None:
    urgent = rows(BONE, (BONE + ACHE) / np.float32(np.sqrt(2)))
    calm, off_topic = rows(ACHE), rows(BREAD)
    # Four rows: half of their weight is urgent, a quarter calm, a quarter off-topic. The line
    # minimizes the weighted squares and its own; the same as plain least squares over the rows
    # times the root of their weight, with the identity below them.
    weights = np.array([4 * 0.5 / 2, 4 * 0.5 / 2, 4 * 0.25, 4 * 0.25])
    with_one = np.column_stack([np.concatenate([urgent, calm, off_topic]), np.ones(4)])
    root = np.sqrt(weights)
    wanted, *_ = np.linalg.lstsq(
        np.concatenate([with_one * root[:, None], np.sqrt(RIDGE) * np.eye(4)]),
        np.concatenate([np.array([1, 1, -1, -1]) * root, np.zeros(4)]),
    )
    line = UrgencyLine(urgent, calm, off_topic)
    asked = rows(np.array([0.6, 0.8, 0], np.float32))
    assert line.urgency(asked) == pytest.approx(float(np.append(asked[0], 1) @ wanted))


def test_more_calm_signs_do_not_move_the_line_by_their_number() -> None:
    few = UrgencyLine(rows(BONE), rows(ACHE), rows(BREAD))
    # Each side keeps its share; only the ridge weighs less beside more rows.
    many = UrgencyLine(rows(*[BONE] * 50), rows(*[ACHE] * 400), rows(*[BREAD] * 50))
    even = UrgencyLine(rows(*[BONE] * 167), rows(*[ACHE] * 167), rows(*[BREAD] * 166))
    assert many.urgency(rows(ACHE)) == pytest.approx(even.urgency(rows(ACHE)), abs=1e-6)
    assert few.urgency(rows(BONE)) > 0


def test_a_question_is_as_urgent_as_its_most_urgent_part() -> None:
    line = UrgencyLine(rows(BONE), rows(ACHE), rows(BREAD))
    assert line.urgency(rows(ACHE, BONE, BREAD)) == line.urgency(rows(BONE))


@pytest.mark.parametrize(("urgent", "calm"), [(NONE, NONE), (NONE, rows(ACHE)), (rows(BONE), NONE)])
def test_where_nothing_can_be_learnt_nothing_is_urgent(urgent: Vectors, calm: Vectors) -> None:
    assert UrgencyLine(urgent, calm, rows(BREAD)).urgency(rows(BONE)) == -1.0


def test_without_off_topic_questions_the_signs_alone_draw_the_line() -> None:
    line = UrgencyLine(rows(BONE), rows(ACHE), NONE)
    assert line.urgency(rows(BONE)) > line.urgency(rows(BREAD)) > line.urgency(rows(ACHE))


# The parts of a question


def words(question: str) -> list[str]:
    """Return the parts without the marks at which they were cut."""
    return [part.strip(" .,;!?") for part in parts_of(question)]


@pytest.mark.parametrize("question", ["", "foot", "my heel hurts in the morning", "ouch, oh, help"])
def test_a_question_of_one_part_has_no_parts(question: str) -> None:
    assert parts_of(question) == []


def test_a_question_is_cut_at_marks_and_at_words_that_join_clauses() -> None:
    assert words("my heel hurts a lot. I fell off a wall; the bone sticks out") == [
        "my heel hurts a lot",
        "I fell off a wall",
        "the bone sticks out",
    ]
    assert words("my heel hurts a lot because I fell off it BUT not today\nshould I walk") == [
        "my heel hurts a lot",
        "because I fell off it",
        "BUT not today",
        "should I walk",
    ]


def test_joining_words_inside_others_do_not_cut() -> None:
    assert parts_of("my hand and foot") == []  # "and foot" is too short
    assert parts_of("a sandy soft thenar button knowing nothing") == []


def test_parts_of_fewer_than_three_words_are_left_out() -> None:
    assert words("I fell off a wall. Oh dear. My foot is blue. Help!") == [
        "I fell off a wall",
        "My foot is blue",
    ]


def test_what_is_said_twice_is_read_once() -> None:
    assert words("my foot is blue. my toe is numb. my foot is blue.") == [
        "my foot is blue",
        "my toe is numb",
    ]
    assert parts_of("my foot is blue\nmy foot is blue") != ["my foot is blue"] * 2


def test_a_part_of_fourteen_words_stays_whole_and_a_longer_one_is_read_in_windows() -> None:
    numbers = [f"w{n}" for n in range(15)]
    fourteen, fifteen = " ".join(numbers[:14]), " ".join(numbers)
    assert parts_of(fourteen) == []
    # Ten words each, beginning at every fifth.
    assert parts_of(fifteen) == [" ".join(numbers[:10]), " ".join(numbers[5:])]


@pytest.mark.parametrize("count", [15, 16, 19, 20, 21, 29, 100])
def test_windows_leave_no_word_out(count: int) -> None:
    numbers = [f"w{n}" for n in range(count)]
    parts = [part.split() for part in parts_of(" ".join(numbers))]
    assert list(dict.fromkeys(word for part in parts for word in part)) == numbers
    assert max(map(len, parts)) == 10
