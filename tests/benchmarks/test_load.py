from __future__ import annotations

from itertools import islice
from random import Random

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.load.run import never_twice
from benchmarks.page import PageFailed, checked
from treatment_search.ui.markup import notice

HIT = '<article class="ts-hit">'


def test_no_question_is_asked_twice_though_the_judged_ones_are_few() -> None:
    asked = list(islice(never_twice(["is it bad?", "what helps"], Random(0)), 1_000))  # noqa: S311
    assert len(set(asked)) == 1_000
    assert {one.partition(" for ")[0] for one in asked} == {"is it bad", "what helps"}


@pytest.mark.parametrize("shown", [HIT, notice("No article here covers this", ["It is so."])])
def test_results_and_the_word_that_there_are_none_are_answers(shown: str) -> None:
    assert checked(shown, ForwardMsg.FINISHED_SUCCESSFULLY) == shown


@pytest.mark.parametrize(
    ("shown", "ended"),
    [
        ("<p>Ask in your own words.</p>", ForwardMsg.FINISHED_SUCCESSFULLY),
        (notice("It does not work", ["x"], role="alert") + HIT, ForwardMsg.FINISHED_SUCCESSFULLY),
        (HIT, ForwardMsg.FINISHED_EARLY_FOR_RERUN),
    ],
)
def test_a_page_without_an_answer_has_failed(shown: str, ended: int) -> None:
    with pytest.raises(PageFailed):
        checked(shown, ended)
