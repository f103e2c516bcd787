from __future__ import annotations

import os
from collections.abc import Sequence
from math import log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treatment_search.errors import IndexDamaged
from treatment_search.lexical import Field, KeywordIndex

Passages = list[tuple[Sequence[str], Sequence[str]]]


def built(folder: Path, passages: Passages) -> KeywordIndex:
    KeywordIndex.build(folder / "keyword", passages)
    return KeywordIndex.open(folder / "keyword")


def of_text(*texts: str) -> Passages:
    return [(text.split(), ()) for text in texts]


def test_one_term_scores_by_the_formula(tmp_path: Path) -> None:
    # Lengths 4, 2 and 3: the mean is 3. "heel" stands in 2 of 3 passages.
    index = built(tmp_path, of_text("heel heel spur pain", "calf stretch", "heel pad pain"))
    rarity = log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    twice = rarity * 2 * (1.2 + 1) / (2 + 1.2 * (1 - 0.75 + 0.75 * 4 / 3))
    once = rarity * 1 * (1.2 + 1) / (1 + 1.2 * (1 - 0.75 + 0.75 * 3 / 3))
    assert index.search(Field.TEXT, ["heel"], 10) == [
        (0, pytest.approx(twice, rel=1e-5)),
        (2, pytest.approx(once, rel=1e-5)),
    ]


def test_the_scores_of_several_terms_add_up(tmp_path: Path) -> None:
    index = built(tmp_path, of_text("heel heel spur pain", "calf stretch", "heel pad pain"))
    heel = log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    spur = log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    length = 1 - 0.75 + 0.75 * 4 / 3
    first = heel * 2 * 2.2 / (2 + 1.2 * length) + spur * 1 * 2.2 / (1 + 1.2 * length)
    third = heel * 1 * 2.2 / (1 + 1.2 * 1)
    assert index.search(Field.TEXT, ["heel", "spur"], 10) == [
        (0, pytest.approx(first, rel=1e-5)),
        (2, pytest.approx(third, rel=1e-5)),
    ]


def test_the_heading_is_a_field_with_lengths_of_its_own(tmp_path: Path) -> None:
    passages: Passages = [
        (["heel"] * 30, ["taping"]),
        (["calf"], ["heel", "spur", "taping"]),
        (["calf"], ["heel", "heel"]),
    ]
    index = built(tmp_path, passages)
    # Headings of 1, 3 and 2 terms: the mean is 2. "heel" stands in 2 of 3 headings.
    rarity = log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    twice = rarity * 2 * 2.2 / (2 + 1.2 * (1 - 0.75 + 0.75 * 2 / 2))
    once = rarity * 1 * 2.2 / (1 + 1.2 * (1 - 0.75 + 0.75 * 3 / 2))
    assert index.search(Field.HEADING, ["heel"], 10) == [
        (2, pytest.approx(twice, rel=1e-5)),
        (1, pytest.approx(once, rel=1e-5)),
    ]
    assert [number for number, _ in index.search(Field.TEXT, ["heel"], 10)] == [0]


def test_a_term_given_twice_counts_once(tmp_path: Path) -> None:
    index = built(tmp_path, of_text("heel spur", "heel", "spur spur"))
    once = index.search(Field.TEXT, ["heel", "spur"], 10)
    assert index.search(Field.TEXT, ["heel", "spur", "heel", "heel"], 10) == once


def test_a_cut_inside_a_tie_keeps_the_lowest_numbers(tmp_path: Path) -> None:
    index = built(tmp_path, of_text("calf", "heel", *["heel spur"] * 40, "heel"))
    # The two one-word passages score higher than the forty equal ones, of which three fit.
    found = index.search(Field.TEXT, ["heel"], 5)
    assert [number for number, _ in found] == [1, 42, 2, 3, 4]
    assert found[0][1] == found[1][1] > found[2][1] == found[3][1] == found[4][1]


@pytest.mark.parametrize("terms", [["needle"], []])
def test_what_is_in_no_passage_finds_nothing(tmp_path: Path, terms: list[str]) -> None:
    index = built(tmp_path, of_text("heel spur", "calf"))
    assert index.search(Field.TEXT, terms, 10) == []


def test_a_count_of_nothing_finds_nothing(tmp_path: Path) -> None:
    assert built(tmp_path, of_text("heel spur")).search(Field.TEXT, ["heel"], 0) == []


@pytest.mark.parametrize(
    "term",
    ["AND", "OR", "NOT", "title:heel", "*", "hee*", '"heel"', "heel~2", "+heel", "(", "[a", "^2"],
)
def test_what_looks_like_a_query_language_is_only_a_term(tmp_path: Path, term: str) -> None:
    index = built(tmp_path, of_text("heel spur", f"calf {term}", "heel"))
    assert [number for number, _ in index.search(Field.TEXT, [term], 10)] == [1]


def test_operators_between_terms_exclude_nothing(tmp_path: Path) -> None:
    index = built(tmp_path, of_text("heel spur", "calf", "heel calf"))
    found = index.search(Field.TEXT, ["heel", "AND", "NOT", "calf"], 10)
    assert sorted(number for number, _ in found) == [0, 1, 2]


def test_terms_beyond_ascii_are_found(tmp_path: Path) -> None:
    index = built(tmp_path, of_text("ferse", "пятка боль", "足底"))
    assert [number for number, _ in index.search(Field.TEXT, ["пятка"], 10)] == [1]
    assert [number for number, _ in index.search(Field.TEXT, ["足底"], 10)] == [2]


def test_passages_with_counts_the_field_that_has_more(tmp_path: Path) -> None:
    passages: Passages = [
        (["heel", "heel"], ["calf"]),
        (["heel"], ["calf"]),
        (["spur"], ["calf", "heel"]),
    ]
    index = built(tmp_path, passages)
    assert index.passages_with("heel") == 2  # two texts, one heading
    assert index.passages_with("calf") == 3  # no text, three headings
    assert index.passages_with("needle") == 0


def test_thousands_of_passages_keep_their_numbers(tmp_path: Path) -> None:
    count = 5_000
    index = built(tmp_path, of_text(*(f"heel only{number}" for number in range(count))))
    assert len(index) == count
    for number in range(0, count, 97):
        ((found, _),) = index.search(Field.TEXT, [f"only{number}"], 10)
        assert found == number
    everything = index.search(Field.TEXT, ["heel"], count)
    assert [number for number, _ in everything] == list(range(count))


def test_ties_over_several_segments_are_cut_by_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With little memory tantivy writes several segments and orders them its own way.
    monkeypatch.setattr("treatment_search.lexical._WRITER_BYTES", 15_000_000)
    index = built(
        tmp_path,
        of_text(*("heel " + " ".join(f"{n}x{m}" for m in range(12)) for n in range(20_000))),
    )
    assert len(list((tmp_path / "keyword").glob("*.term"))) > 1
    found = index.search(Field.TEXT, ["heel"], 12_000)
    assert [number for number, _ in found] == list(range(12_000))


def test_an_empty_index_answers_with_nothing(tmp_path: Path) -> None:
    index = built(tmp_path, [])
    assert len(index) == 0
    assert index.search(Field.TEXT, ["heel"], 10) == []
    assert index.passages_with("heel") == 0


def test_a_folder_without_an_index_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(IndexDamaged, match="keyword"):
        KeywordIndex.open(tmp_path / "keyword")


@pytest.mark.parametrize("pattern", ["meta.json", "*.term", "*.idx", "*.fast", "*.fieldnorm"])
def test_a_file_overwritten_is_damaged(tmp_path: Path, pattern: str) -> None:
    folder = tmp_path / "keyword"
    KeywordIndex.build(folder, of_text("heel spur", "calf"))
    (path,) = folder.glob(pattern)
    path.write_bytes(b"\x07" * path.stat().st_size)
    with pytest.raises(IndexDamaged, match="keyword"):
        KeywordIndex.open(folder)


def test_a_folder_that_may_only_be_read_is_searched_and_left_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "keyword"
    KeywordIndex.build(folder, [(["heel"], ["foot"]), (["calf"], ["leg"])])
    for lock in folder.glob("*.lock"):
        lock.unlink()
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    index = KeywordIndex.open(folder, writable=False)
    assert [number for number, _ in index.search(Field.TEXT, ["calf"], 5)] == [1]
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_every_file_may_be_read_by_whoever_may_read_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "keyword"
    KeywordIndex.build(folder, [(["heel"], ["foot"])])
    folder_may = folder.stat().st_mode & 0o444
    assert {path.stat().st_mode & 0o444 for path in folder.iterdir()} == {folder_may}


# Amended


def test_what_is_removed_is_not_found_but_counts_until_its_segment_is_written_anew(
    tmp_path: Path,
) -> None:
    built(tmp_path, of_text("heel heel spur pain", "calf stretch", "heel pad pain", "toe", "toe"))
    KeywordIndex.amend(tmp_path / "keyword", [0, 4], [(5, ["heel", "cup"], ["heel", "cup"])])
    index = KeywordIndex.open(tmp_path / "keyword")
    assert len(index) == 4
    # Six passages were written, of 4, 2, 3, 1, 1 and 2 terms; "heel" stood in three.
    rarity = log(1 + (6 - 3 + 0.5) / (3 + 0.5))
    mean = (4 + 2 + 3 + 1 + 1 + 2) / 6
    of_three = rarity * 2.2 / (1 + 1.2 * (1 - 0.75 + 0.75 * 3 / mean))
    of_two = rarity * 2.2 / (1 + 1.2 * (1 - 0.75 + 0.75 * 2 / mean))
    assert index.search(Field.TEXT, ["heel"], 10) == [
        (5, pytest.approx(of_two, rel=1e-5)),
        (2, pytest.approx(of_three, rel=1e-5)),
    ]
    assert [number for number, _ in index.search(Field.HEADING, ["heel"], 10)] == [5]
    assert index.rarity("heel") == pytest.approx(rarity)
    assert index.ceiling(Field.TEXT, ["heel"]) == pytest.approx(2.2 * rarity)


def test_a_word_whose_passages_are_all_removed_is_no_word_of_the_collection(
    tmp_path: Path,
) -> None:
    built(tmp_path, of_text("heel", "heel", "heel", "calf", "spur", "spur heel"))
    KeywordIndex.amend(tmp_path / "keyword", [3, 4, 1], [])
    index = KeywordIndex.open(tmp_path / "keyword")
    assert index.passages_with("calf") == 0
    assert index.passages_with("spur") == 1
    assert index.passages_with("heel") >= 3  # one of them removed
    # Even a word that only stands in removed passages has a rarity that can be divided by.
    assert index.rarity("calf") == log(1 + (6 - 1 + 0.5) / (1 + 0.5))
    KeywordIndex.amend(tmp_path / "keyword", [0, 2, 5], [])
    empty = KeywordIndex.open(tmp_path / "keyword")
    assert len(empty) == 0
    assert empty.search(Field.TEXT, ["heel"], 10) == []
    assert empty.passages_with("heel") == 0
    assert empty.rarity("heel") > 0


@pytest.mark.parametrize("gone", [[7], [1], [0, 7]])
def test_what_is_not_there_cannot_be_removed(tmp_path: Path, gone: list[int]) -> None:
    built(tmp_path, of_text("heel", "calf", "toe"))
    KeywordIndex.amend(tmp_path / "keyword", [1], [])
    with pytest.raises(ValueError, match="keyword"):
        KeywordIndex.amend(tmp_path / "keyword", gone, [])


WORDS = ["heel", "calf", "spur", "toe", "arch", "пятка"]
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6), max_size=12)


@given(texts=TEXTS, changes=st.lists(st.tuples(st.sets(st.integers(0, 30)), TEXTS), max_size=4))
@settings(max_examples=20, deadline=None)
def test_amended_finds_what_it_would_find_written_anew(
    tmp_path_factory: pytest.TempPathFactory,
    texts: list[list[str]],
    changes: list[tuple[set[int], list[list[str]]]],
) -> None:
    folder = tmp_path_factory.mktemp("any")
    KeywordIndex.build(folder / "amended", [(text, text[:1]) for text in texts])
    there, following = dict(enumerate(texts)), len(texts)
    for places, added in changes:
        removed = [number for place, number in enumerate(there) if place in places]
        new = dict(enumerate(added, following))
        KeywordIndex.amend(folder / "amended", removed, [(n, t, t[:1]) for n, t in new.items()])
        there = {n: text for n, text in there.items() if n not in removed} | new
        following += len(added)
    KeywordIndex.build(folder / "anew", [(text, text[:1]) for text in there.values()])
    amended, anew = KeywordIndex.open(folder / "amended"), KeywordIndex.open(folder / "anew")
    assert len(amended) == len(anew) == len(there)
    numbers = list(there)
    for word in WORDS:
        for field in Field:
            found = {number for number, _ in amended.search(field, [word], 100)}
            assert found == {numbers[place] for place, _ in anew.search(field, [word], 100)}
        assert (amended.passages_with(word) > 0) == (anew.passages_with(word) > 0)
        assert all(score > 0 for _, score in amended.search(Field.TEXT, [word], 100))


def test_many_small_changes_leave_few_segments_and_the_large_one_untouched(
    tmp_path: Path,
) -> None:
    # tantivy merges 8 segments of about one size; all below 10,000 passages are.
    folder = tmp_path / "keyword"
    KeywordIndex.build(folder, of_text(*(f"heel only{n}" for n in range(20_000))))
    (large,) = folder.glob("*.term")
    for number in range(20):
        addition = ["heel", f"only{20_000 + number}"]
        KeywordIndex.amend(folder, [number], [(20_000 + number, addition, [])])
    index = KeywordIndex.open(folder)
    assert len(index) == 20_000
    assert large.exists()
    assert len(list(folder.glob("*.term"))) < 1 + 8
    for number in (5, 19, 20, 20_003, 20_019):
        found = [n for n, _ in index.search(Field.TEXT, [f"only{number}"], 10)]
        assert found == ([] if number < 20 else [number])
    ties = index.search(Field.TEXT, ["heel"], 20_000)
    assert [number for number, _ in ties] == list(range(20, 20_020))


def test_the_generation_before_keeps_its_bytes_and_answers_as_before(tmp_path: Path) -> None:
    first = tmp_path / "0"
    KeywordIndex.build(first, of_text(*(f"heel only{n}" for n in range(50))))
    opened, states = KeywordIndex.open(first), {}
    for number in range(10):
        folder, new = tmp_path / str(number), tmp_path / str(number + 1)
        states |= {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in whole(folder)}
        new.mkdir()
        for path in whole(folder):
            os.link(path, new / path.name)
        KeywordIndex.amend(new, [number], [(50 + number, ["heel"], [])])
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in states} == states
    assert any((new / path.name).exists() and path.samefile(new / path.name) for path in states)
    for index in (opened, KeywordIndex.open(first)):
        found = index.search(Field.TEXT, ["heel"], 100)
        assert [number for number, _ in found] == list(range(50))
    last = KeywordIndex.open(new)
    assert {n for n, _ in last.search(Field.TEXT, ["heel"], 100)} == set(range(10, 60))


def whole(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if not path.name.endswith(".lock")]


def test_the_same_changes_give_the_same_answers(tmp_path: Path) -> None:
    answers = []
    for name in ("one", "two"):
        folder = tmp_path / name
        random = np.random.default_rng(4)
        texts = [random.choice(WORDS, random.integers(1, 9)).tolist() for _ in range(400)]
        KeywordIndex.build(folder, [(text, ()) for text in texts[:200]])
        for number in range(20):
            first = 200 + 10 * number
            added = [(n, texts[n], ()) for n in range(first, first + 10)]
            KeywordIndex.amend(folder, range(5 * number, 5 * number + 5), added)
        answers.append(KeywordIndex.open(folder).search(Field.TEXT, WORDS, 300))
    assert len(answers[0]) == 300
    assert answers[0] == answers[1]


def test_every_new_file_may_be_read_by_whoever_may_read_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "keyword"
    KeywordIndex.build(folder, of_text("heel"))
    KeywordIndex.amend(folder, [0], [(1, ["calf"], [])])
    folder_may = folder.stat().st_mode & 0o444
    assert {path.stat().st_mode & 0o444 for path in folder.iterdir()} == {folder_may}
