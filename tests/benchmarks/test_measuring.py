from __future__ import annotations

import json
import re

import pytest

from benchmarks.drawing import bars, lines, number, table
from benchmarks.measuring import RESULTS, growth, memory, percentiles
from benchmarks.performance import DOCUMENT, filled, in_words
from benchmarks.scale.paper import Measured, cost, largest_in_memory, line
from benchmarks.scale.sampling import part_of, sampled


def test_percentiles_are_linear_between_ranks() -> None:
    assert percentiles([1.0, 2.0, 3.0]) == {"p50": 2.0, "p95": 2.9, "p99": 2.98, "mean": 2.0}


def test_growth_is_the_power_of_the_passages() -> None:
    assert growth(2.0, 20.0, 10) == pytest.approx(1.0)
    assert growth(2.0, 20.0, 100) == pytest.approx(0.5)
    assert growth(5.0, 5.0, 10) == 0.0
    assert in_words(0.0) == "does not notice the size"
    assert in_words(0.5) == "grows more slowly"
    assert in_words(1.0) == "grows in step"


def test_memory_at_the_peak_is_no_less_than_now() -> None:
    found = memory()
    assert found["peak"] >= found.get("resident", 1.0) > 0


def test_a_table_keeps_a_bar_in_a_cell_from_ending_it() -> None:
    assert table(["", "ms"], [["a|b", "1"]]) == "|  | ms |\n| --- | ---: |\n| a/b | 1 |"


def test_three_digits_count() -> None:
    assert [number(v) for v in (1234.5, 99.94, 9.876, 0.5)] == ["1,234", "99.9", "9.88", "0.50"]


def test_the_longest_bar_fills_the_width_and_names_are_escaped() -> None:
    drawn = bars("T", {"<us>": 10.0, "them": 5.0}, "s")
    assert '<rect x="170" y="36" width="470.0"' in drawn
    assert '<rect x="170" y="62" width="235.0"' in drawn
    assert "&lt;us&gt;" in drawn


def test_a_line_rises_one_decade_of_the_height_for_ten_times_the_time() -> None:
    drawn = lines("T", [10, 100], {"p50": [1.0, 10.0]}, "ms")
    assert 'points="60.0,260.0 590.0,40.0"' in drawn


def test_what_is_between_markers_is_drawn_anew_and_nothing_else() -> None:
    result = {
        "machine": {"cores": 2, "processor": "P", "flags": ["f"], "memory_gib": 8},
        "versions": {"python": "3"},
        "commit": "c",
        "date": "d",
        "speed": {
            "passages": 1000,
            "repeats": 1,
            "ingest_passages_a_second": {"us": 20.0},
            "question_ms": {"us": {"p50": 1.0, "p95": 2.0}},
            "cold_seconds": {"us": 3.0},
            "resident_mib": {"us": 4.0},
            "ingest_peak_mib": {"us": 5.0},
            "ratios": {"r": 2.0},
        },
        "quality": {},
        "sizes": [_size(1000, 1.0), _size(10_000, 2.0)],
    }
    document = "before\n<!-- figures: ratios -->\nold\n<!-- end -->\nafter\n"
    drawn = filled(document, result, result)
    assert drawn == (
        "before\n<!-- figures: ratios -->\n| within this run | ratio |\n| --- | ---: |\n"
        "| r | 2.00 |\n<!-- end -->\nafter\n"
    )
    assert filled(drawn, result, result) == drawn
    grows = filled("<!-- figures: growth -->\n<!-- end -->", result, result)
    assert "| question, p50 | 1,000 to 10,000 | 2.00 times | grows more slowly |" in grows


def _size(passages: int, milliseconds: float) -> dict[str, object]:
    return {
        "ingest": {
            "passages": passages,
            "seconds": 10.0,
            "passages_a_second": passages / 10,
            "alone_passages_a_second": {"reading": 1.0, "chunking": 2.0, "embedding": 3.0},
            "stage_seconds": {"writing": 1.0},
            "memory_mib": {"peak": 1.0},
            "disk_bytes": 1024,
            "composed": {},
        },
        "change": {"one_changed_seconds": 1.0, "nothing_changed_seconds": 0.5},
        "ask": {
            "passages": passages,
            "question_ms": {"p50": milliseconds, "p95": 2.0, "p99": 3.0},
            "questions_a_second": {"1": 1.0, "2": 2.0, "8": 3.0},
            "recall_at_10": 1.0,
            "open_seconds": 0.1,
            "memory_mib": {"resident": passages / 100, "peak": 200.0},
        },
        "parts_ms": {
            part: {"p50": 1.0, "p95": 2.0, "p99": 3.0}
            for part in ("read", "encode", "candidates", "fusion", "hits")
        },
        "cold_search_seconds": 1.0,
        "cold_parts_seconds": {"import": 0.5},
        "page_seconds": 2.0,
    }


def test_a_line_through_two_points() -> None:
    assert line((1.0, 3.0), (10.0, 14.0)) == (8.0, 2.0)
    assert line((1.0, 3.0), (1.0, 9.0)) == (0.0, 4.0)  # never less than nothing


SMALL = Measured(1_000, 1024.0, 1024.0**3, 100.0, 10.0)
LARGE = Measured(101_000, 2048.0, 2 * 1024.0**3, 200.0, 20.0)


def test_a_cost_follows_from_the_smallest_and_the_largest_size() -> None:
    found = cost([SMALL, LARGE], 201_000, embedded_a_second=100.0)
    assert found.memory_gib == pytest.approx(3.0)
    assert found.disk_gib == pytest.approx(3.0)
    assert found.build_hours == pytest.approx(2_010 / 3600)
    # Twice the time for 101 times the passages, so 2**(log 2.01... / log 101) times for the rest.
    assert found.question_ms == pytest.approx(20.0 * (201 / 101) ** growth(10.0, 20.0, 101))
    assert found.too_much == ()


def test_what_is_too_much_for_one_machine_is_named() -> None:
    found = cost([SMALL, LARGE], 100_000_000, embedded_a_second=100.0)
    assert found.too_much == ("memory", "build time")


def test_how_many_fit_into_memory() -> None:
    # 1 GiB for each 100,000 beside 1,024 - 10.24 MiB that every size takes.
    assert largest_in_memory([SMALL, LARGE], 3.0) == 201_000


def test_a_part_is_told_by_the_modules_at_work() -> None:
    assert part_of({"engine", "understanding"}) == "read"
    assert part_of({"engine", "retrieval", "dense"}) == "candidates"
    assert part_of({"engine", "retrieval", "fusion"}) == "fusion"
    assert part_of({"engine", "answers", "retrieval"}) == "hits"
    assert part_of({"engine", "understanding", "encoder"}) == "encode"


def test_a_thread_outside_the_package_is_in_no_part() -> None:
    with sampled() as taken:
        sum(range(200_000))
        assert taken().total() == 0


def test_every_figure_of_the_document_is_drawn_from_the_results() -> None:
    document = DOCUMENT.read_text("utf-8")
    results = [RESULTS / f"{name}.json" for name in ("peers", "scale")]
    if not all(path.exists() for path in results):  # then it may show none
        assert set(re.findall(r"-->\n(.*?)<!-- end -->", document, re.DOTALL)) == {""}
        return
    peers, scale = (json.loads(path.read_text("utf-8")) for path in results)
    assert filled(document, peers, scale) == document
