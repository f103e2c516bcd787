"""python -m benchmarks.performance: the tables and charts of docs/performance.md, from results/.

What stands between `<!-- figures: NAME -->` and `<!-- end -->` is drawn here and nowhere else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from benchmarks.drawing import bars, lines, number, table
from benchmarks.measuring import RESULTS, ROOT, growth
from benchmarks.scale.paper import LARGE, MEMORY_GIB, Measured, cost, largest_in_memory
from benchmarks.scale.sampling import PARTS

DOCUMENT = ROOT / "docs" / "performance.md"
_BLOCK = re.compile(r"(<!-- figures: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_MIB = 1024**2
_PICTURES = {
    "ingest": "Ingest",
    "question": "One question, median",
    "cold": "Cold process to first answer",
    "growth": "One question, by passages",
}
# A figure that grows less than this power of the passages does not notice them.
_FLAT, _IN_STEP = 0.1, 0.85


def main() -> None:
    """Draw the figures anew."""
    peers, scale = _result("peers"), _result("scale")
    for name, drawn in charts(peers, scale).items():
        (DOCUMENT.parent / name).write_text(drawn, "utf-8")
    DOCUMENT.write_text(filled(DOCUMENT.read_text("utf-8"), peers, scale), "utf-8")
    print(f"written: {DOCUMENT.relative_to(ROOT)}")


def filled(document: str, peers: dict[str, Any], scale: dict[str, Any]) -> str:
    """Return the document with every block drawn from these results."""
    blocks = {
        "machine": _machine(scale),
        "peers-machine": _machine(peers),
        "peers": _peers(peers),
        "ratios": _ratios(peers),
        "quality": _quality(peers),
        "ingest": _ingest(scale),
        "questions": _questions(scale),
        "parts": _parts(scale),
        "starts": _starts(scale),
        "growth": _growth(scale),
        "paper": _paper(scale),
    }
    return _BLOCK.sub(lambda found: f"{found[1]}{blocks[found[2]]}\n{found[3]}", document)


def charts(peers: dict[str, Any], scale: dict[str, Any]) -> dict[str, str]:
    """Return the SVG of each chart by its file's name in docs/."""
    speed, sizes = peers["speed"], scale["sizes"]
    x = [row["ask"]["passages"] for row in sizes]
    times = {p: [row["ask"]["question_ms"][p] for row in sizes] for p in ("p50", "p95")}
    p50 = {name: one["p50"] for name, one in speed["question_ms"].items()}
    drawn = {
        "ingest": bars(_PICTURES["ingest"], speed["ingest_passages_a_second"], "passages/s"),
        "question": bars(_PICTURES["question"], p50, "ms"),
        "cold": bars(_PICTURES["cold"], speed["cold_seconds"], "s"),
        "growth": lines(_PICTURES["growth"], x, times, "ms"),
    }
    return {f"performance-{name}.svg": svg for name, svg in drawn.items()}


def in_words(exponent: float) -> str:
    """Return how a figure grows, in words, from the power of the passages that it grows with."""
    if exponent < _FLAT:
        return "does not notice the size"
    return "grows in step" if exponent > _IN_STEP else "grows more slowly"


def _result(name: str) -> dict[str, Any]:
    path = RESULTS / f"{name}.json"
    result: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return result


def _machine(result: dict[str, Any]) -> str:
    machine = result["machine"]
    versions = ", ".join(f"{name} {found}" for name, found in result["versions"].items())
    return (
        f"{machine['cores']} cores of {machine['processor']} ({', '.join(machine['flags'])}), "
        f"{machine['memory_gib']} GiB of memory; {versions}; commit {result['commit']}, "
        f"{result['date']}."
    )


def _peers(peers: dict[str, Any]) -> str:
    speed = peers["speed"]
    rows = [
        [
            name,
            number(rate),
            number(speed["question_ms"][name]["p50"]),
            number(speed["question_ms"][name]["p95"]),
            number(speed["cold_seconds"][name]),
            number(speed["resident_mib"][name]),
            number(speed["ingest_peak_mib"][name]),
        ]
        for name, rate in speed["ingest_passages_a_second"].items()
    ]
    head = ["", "passages/s", "question p50 ms", "p95 ms", "cold start s", "MiB asking"]
    said = f"{speed['passages']:,} passages, {speed['repeats']} repeats.\n\n"
    pictures = [_picture(name) for name in ("ingest", "question", "cold")]
    return "\n\n".join([said + table([*head, "MiB ingesting, peak"], rows), *pictures])


def _picture(name: str) -> str:
    return f"![{_PICTURES[name]}](performance-{name}.svg)"


def _ratios(peers: dict[str, Any]) -> str:
    named = peers["speed"]["ratios"]
    return table(["within this run", "ratio"], [[name, number(v)] for name, v in named.items()])


def _quality(peers: dict[str, Any]) -> str:
    tables = []
    for name, one in peers["quality"].items():
        rows = [
            [peer, *(f"{value:.3f}" for value in values.values())]
            for peer, values in one["measures"].items()
        ]
        head = next(iter(one["measures"].values()))
        tables.append(
            f"**{name}**: {one['questions']} questions, {one['documents']:,} documents, "
            f"{one['passages']:,} passages.\n\n{table(['', *head], rows)}"
        )
    return "\n\n".join(tables)


def _passages(row: dict[str, Any]) -> str:
    made = "*" if row["ingest"]["composed"] else ""
    return f"{row['ingest']['passages']:,}{made}"


def _ingest(scale: dict[str, Any]) -> str:
    rows = []
    for row in scale["sizes"]:
        ingest, change = row["ingest"], row["change"]
        alone = ingest["alone_passages_a_second"]
        rows.append(
            [
                _passages(row),
                number(ingest["passages_a_second"]),
                *(number(alone[stage]) for stage in ("reading", "chunking", "embedding")),
                number(ingest["passages"] / _writing(ingest)),
                number(ingest["seconds"]),
                number(change["one_changed_seconds"]),
                number(change["nothing_changed_seconds"]),
                number(ingest["memory_mib"]["peak"]),
                number(ingest["disk_bytes"] / _MIB),
            ]
        )
    head = ["passages", "all, passages/s", "reading", "cutting", "embedding", "writing"]
    head += ["all, s", "one article changed, s", "nothing changed, s", "peak MiB", "disk MiB"]
    return table(head, rows) + _made_note(scale)


def _writing(ingest: dict[str, Any]) -> float:
    """Return the seconds of the stage that ends an ingest."""
    return max(float(list(ingest["stage_seconds"].values())[-1]), 1e-3)


def _made_note(scale: dict[str, Any]) -> str:
    cosines = [
        row["ingest"]["composed"]["cosine_to_the_models"]
        for row in scale["sizes"]
        if row["ingest"]["composed"]
    ]
    if not cosines:
        return ""
    return (
        "\n\n\\* The vectors were made out of real ones, without the model: the mean of those of "
        f"the passage's sentences and headings. Their mean cosine to the model's is {cosines[0]}."
    )


def _questions(scale: dict[str, Any]) -> str:
    rows = []
    for row in scale["sizes"]:
        ask = row["ask"]
        several = ask["questions_a_second"]
        rows.append(
            [
                _passages(row),
                *(number(ask["question_ms"][p]) for p in ("p50", "p95", "p99")),
                *(number(several[threads]) for threads in ("1", "2", "8")),
                f"{ask['recall_at_10']:.3f}",
                number(ask["open_seconds"]),
                number(_resident(ask)),
            ]
        )
    head = ["passages", "p50 ms", "p95", "p99", "questions/s, 1 thread", "2", "8"]
    drawn = table([*head, "recall@10, dense", "opening s", "MiB"], rows) + _made_note(scale)
    return f"{drawn}\n\n{_picture('growth')}"


def _resident(ask: dict[str, Any]) -> float:
    memory = ask["memory_mib"]
    return float(memory.get("resident", memory["peak"]))


def _parts(scale: dict[str, Any]) -> str:
    rows = [
        [_passages(row), p, *(number(row["parts_ms"][part][p]) for part in PARTS)]
        for row in scale["sizes"]
        for p in ("p50", "p95", "p99")
    ]
    return table(["passages", "ms", *PARTS], rows)


def _starts(scale: dict[str, Any]) -> str:
    steps = list(scale["sizes"][0]["cold_parts_seconds"])
    rows = [
        [
            _passages(row),
            number(row["cold_search_seconds"]),
            *(number(row["cold_parts_seconds"][step]) for step in steps),
            number(row["page_seconds"]),
        ]
        for row in scale["sizes"]
    ]
    return table(["passages", "search command, s", *steps, "page, s"], rows)


def _growth(scale: dict[str, Any]) -> str:
    figures: dict[str, Callable[[dict[str, Any]], float]] = {
        "question, p50": lambda row: row["ask"]["question_ms"]["p50"],
        "question, p95": lambda row: row["ask"]["question_ms"]["p95"],
        "memory while asking": lambda row: _resident(row["ask"]),
        "disk": lambda row: row["ingest"]["disk_bytes"],
        "opening the index": lambda row: row["ask"]["open_seconds"],
        "one article changed": lambda row: row["change"]["one_changed_seconds"],
    }
    rows = []
    for name, figure in figures.items():
        for before, after in pairwise(scale["sizes"]):
            times = after["ingest"]["passages"] / before["ingest"]["passages"]
            grew = max(figure(after), 1e-3) / max(figure(before), 1e-3)
            rows.append(
                [
                    name,
                    f"{before['ingest']['passages']:,} to {after['ingest']['passages']:,}",
                    f"{grew:.2f} times",
                    in_words(growth(1.0, grew, times)),
                ]
            )
    return table(["", "passages", "grows", "that is, it"], rows)


def _paper(scale: dict[str, Any]) -> str:
    measured = [
        Measured(
            row["ingest"]["passages"],
            _resident(row["ask"]),
            row["ingest"]["disk_bytes"],
            row["ingest"]["seconds"],
            row["ask"]["question_ms"]["p50"],
        )
        for row in scale["sizes"]
    ]
    embedded = max(row["ingest"]["alone_passages_a_second"]["embedding"] for row in scale["sizes"])
    rows = []
    for passages in LARGE:
        one = cost(measured, passages, embedded)
        rows.append(
            [
                f"{passages:,}",
                number(one.memory_gib),
                number(one.disk_gib),
                number(one.build_hours),
                number(one.question_ms),
                " and ".join(one.too_much) or "nothing",
            ]
        )
    head = ["passages", "memory GiB", "disk GiB", "first ingest h", "question p50 ms"]
    fit = ", ".join(
        f"{largest_in_memory(measured, gib):,} in {gib:.0f} GiB" for gib in (16, 64, MEMORY_GIB)
    )
    return f"{table([*head, 'too much for one machine'], rows)}\n\nPassages that fit: {fit}."


if __name__ == "__main__":
    main()
