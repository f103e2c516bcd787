from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from treatment_search.known import Earlier, Known, KnownVectors
from treatment_search.rows import Rows
from treatment_search.sentence_vectors import SentenceVectors

EARLIER = np.eye(4, dtype=np.float32)
HALVES = np.full((1, 4), 0.5, np.float32)
ROWS = {"heel": 0, "calf": 1, "toe": 2, "arch": 3}
SENTENCES = [np.full((n, 4), n, np.int8) for n in (1, 2, 0, 3)]


def known() -> KnownVectors:
    """Four texts with a vector each, on an axis of their own, and 1, 2, 0 and 3 sentences."""
    return KnownVectors(
        Earlier(rows_of, Rows.of(EARLIER), SentenceVectors.of_passages(SENTENCES, 4))
    )


def rows_of(texts: Sequence[str]) -> dict[str, int]:
    return {text: ROWS[text] for text in texts if text in ROWS}


def test_what_is_missing_is_named_once_in_order() -> None:
    assert known().missing(["new", "calf", "old", "new", "heel"]) == ["new", "old"]
    assert known().missing(["calf"]) == []


def test_a_text_differs_by_one_space() -> None:
    assert known().missing(["calf ", "Calf"]) == ["calf ", "Calf"]


def test_known_and_fresh_vectors_come_in_the_order_of_the_texts() -> None:
    fresh = np.array([[5, 5, 5, 5], [6, 6, 6, 6]], np.float32)
    texts = ["new", "arch", "old", "heel", "new", "arch"]
    found = known().complete(texts, fresh, 4)
    assert found.tolist() == [
        [5, 5, 5, 5],
        [0, 0, 0, 1],
        [6, 6, 6, 6],
        [1, 0, 0, 0],
        [5, 5, 5, 5],
        [0, 0, 0, 1],
    ]


def test_known_and_fresh_sentences_come_in_the_order_of_the_texts() -> None:
    fresh = [np.full((2, 4), 9, np.int8), np.empty((0, 4), np.int8)]
    found = known().complete_sentences(["new", "arch", "old", "toe", "new"], fresh)
    assert [rows.tolist() for rows in found] == [
        [[9] * 4] * 2,
        [[3] * 4] * 3,
        [],
        [],
        [[9] * 4] * 2,
    ]


def test_with_nothing_before_everything_is_missing_and_fresh() -> None:
    nothing = Known().passages
    assert nothing.missing(["b", "a", "b"]) == ["b", "a"]
    fresh = np.array([[1, 0], [0, 1]], np.float32)
    assert nothing.complete(["b", "a", "b"], fresh, 2).tolist() == [[1, 0], [0, 1], [1, 0]]
    sentences = [np.full((1, 2), 7, np.int8), np.full((1, 2), 8, np.int8)]
    found = nothing.complete_sentences(["b", "a", "b"], sentences)
    assert [rows.tolist() for rows in found] == [[[7, 7]], [[8, 8]], [[7, 7]]]
    assert Known().references is None


def test_what_damage_took_is_missing_unless_another_index_has_it() -> None:
    # Of the passages' rows the second half is there, of the sentences' the first three passages.
    half = Rows([EARLIER[2:]], [2])
    live = Earlier(rows_of, half, SentenceVectors.of_passages(SENTENCES[:3], 4))
    texts = ["arch", "toe", "new", "calf", "heel"]
    assert KnownVectors(live).missing(texts) == ["arch", "new", "calf", "heel"]
    of_calf = SentenceVectors.of_passages([SENTENCES[3]], 4)
    before = Earlier(lambda some: {"calf": 0} if "calf" in some else {}, Rows.of(HALVES), of_calf)
    both = KnownVectors(live, before)
    assert both.missing(texts) == ["arch", "new", "heel"]
    fresh = np.array([[5] * 4, [6] * 4, [7] * 4], np.float32)
    assert both.complete(texts, fresh, 4).tolist() == [
        [5] * 4,
        [0, 0, 1, 0],
        [6] * 4,
        [0.5] * 4,
        [7] * 4,
    ]
    small = [np.full((1, 4), n, np.int8) for n in (5, 6, 7)]
    found = both.complete_sentences(texts, small)
    assert [rows.tolist() for rows in found] == [
        [[5] * 4],
        [],
        [[6] * 4],
        [[3] * 4] * 3,
        [[7] * 4],
    ]


def test_no_texts_need_no_vectors() -> None:
    none = np.empty((0, 4), np.float32)
    assert known().complete([], none, 4).shape == (0, 4)
    assert known().complete([], np.empty((0, 0), np.float32), 4).shape == (0, 4)
    assert known().complete_sentences([], []) == []
