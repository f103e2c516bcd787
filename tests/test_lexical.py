from __future__ import annotations

from collections.abc import Sequence
from math import log
from pathlib import Path

import pytest

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
