"""python -m benchmarks.quality.measure: how well the judged questions are answered.

Asks the engine of the page over the index of corpus/ (run ingest first). Prints a table and
writes results/<name>.json; a chart of the project's own questions goes to docs/.
"""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import click
import ir_measures
import numpy as np
from ir_measures import R, Success, nDCG

from benchmarks.measuring import commit
from benchmarks.quality.chart import bar_chart
from benchmarks.quality.judged import JudgedQuestion, read_questions
from treatment_search import Engine, Mode, Settings, Verdict

HERE = Path(__file__).parent
CHART = HERE.parent.parent / "docs" / "quality.svg"
# Success counts a labelled passage of any grade, as `evaluate` does; answer wants grade 3; recall
# is of all that is useful (grade 2 and 3).
MEASURES = {
    "nDCG@10": nDCG @ 10,
    "success@1": Success @ 1,
    "success@3": Success @ 3,
    "answer@1": Success(rel=3) @ 1,
    "answer@3": Success(rel=3) @ 3,
    "recall@10": R(rel=2) @ 10,
}
DEPTH = 60
RESAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class Measured:
    """A mean over questions and the 95% interval of its bootstrap."""

    mean: float
    low: float
    high: float


@click.command()
@click.argument("table", type=click.Path(path_type=Path), default=HERE / "questions.tsv")
@click.option(
    "--offtopic",
    type=click.Path(path_type=Path),
    default=HERE / "offtopic.txt",
    help="Questions that must be refused, one a line.",
)
@click.option("--index", type=click.Path(path_type=Path), help="Folder of the index.")
def main(table: Path, offtopic: Path, index: Path | None) -> None:
    """Measure the questions in TABLE."""
    engine = Engine(index or Settings.from_environment().index)
    questions = read_questions(table)
    answerable = [q for q in questions if q.answers]
    kinds = sorted({q.kind for q in answerable})
    by_mode = {mode: _per_question(engine, answerable, mode) for mode in Mode}
    hybrid = by_mode[Mode.HYBRID]
    tables = {f"mode {mode}": _summary(values, None) for mode, values in by_mode.items()}
    tables |= {
        f"kind {kind}": _summary(hybrid, [q.kind == kind for q in answerable]) for kind in kinds
    }
    halves = {"half tuned on": 0, "other half": 1}
    tables |= {
        name: _summary(hybrid, [i % 2 == half for i in range(len(answerable))])
        for name, half in halves.items()
    }
    refused = {
        "unanswerable refused": _refused(engine, [q.text for q in questions if not q.answers]),
        "off-topic refused": _refused(engine, offtopic.read_text("utf-8").splitlines()),
        "answerable refused": _refused(engine, [q.text for q in answerable]),
    }
    counts = {kind: sum(q.kind == kind for q in answerable) for kind in kinds}
    _print(tables, refused, counts)
    rows = {name: {m: vars_of(v) for m, v in row.items()} for name, row in tables.items()}
    result = {
        "questions": len(answerable),
        "measures": rows,
        "refusal": {name: vars_of(value) for name, value in refused.items()},
        "misses": _misses(answerable, hybrid),
        **about_this_run(engine),
    }
    target = HERE / "results" / f"{table.stem}.json"
    target.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"written: {target}")
    if table.parent == HERE and table.stem == "questions":
        CHART.write_text(bar_chart(rows), "utf-8")
        print(f"written: {CHART}")


def about_this_run(engine: Engine) -> dict[str, object]:
    """Return what figures depend on beside the questions."""
    return {
        "machine": platform.processor() or platform.machine(),
        "versions": {p: version(p) for p in ("sentence-transformers", "faiss-cpu", "tantivy")},
        "commit": commit(),
        "articles": engine.manifest.articles,
        "passages": engine.manifest.passages,
    }


def vars_of(measured: Measured) -> list[float]:
    """Return mean, low and high, rounded."""
    return [round(value, 4) for value in (measured.mean, measured.low, measured.high)]


def _per_question(
    engine: Engine, questions: list[JudgedQuestion], mode: Mode
) -> dict[str, np.ndarray]:
    """Return each measure's values, one a question in order."""
    judged, run = [], []
    for number, question in enumerate(questions):
        query = str(number)
        judged += [ir_measures.Qrel(query, "#".join(a), g) for a, g in question.answers.items()]
        units = question.units(engine.rank_passages(question.text, DEPTH, mode))
        run += [
            ir_measures.ScoredDoc(query, "#".join(unit), float(DEPTH - rank))
            for rank, unit in enumerate(units)
        ]
    values = {name: np.zeros(len(questions)) for name in MEASURES}
    names = {str(measure): name for name, measure in MEASURES.items()}
    for metric in ir_measures.iter_calc(list(MEASURES.values()), judged, run):
        values[names[str(metric.measure)]][int(metric.query_id)] = metric.value
    return values


def _summary(values: dict[str, np.ndarray], chosen: list[bool] | None) -> dict[str, Measured]:
    return {
        name: bootstrap(of_each if chosen is None else of_each[chosen])
        for name, of_each in values.items()
    }


def bootstrap(values: np.ndarray) -> Measured:
    """Return the mean and its 95% percentile interval (Efron 1979), resampled with a fixed seed."""
    if not len(values):
        return Measured(float("nan"), float("nan"), float("nan"))
    generator = np.random.default_rng(20261123)
    means = generator.choice(values, (RESAMPLES, len(values))).mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return Measured(float(values.mean()), float(low), float(high))


def _refused(engine: Engine, questions: list[str]) -> Measured:
    verdicts = [engine.search(q).verdict is Verdict.NOTHING for q in questions if q.strip()]
    return bootstrap(np.array(verdicts, float))


def _misses(questions: list[JudgedQuestion], hybrid: dict[str, np.ndarray]) -> list[str]:
    return [q.text for q, hit in zip(questions, hybrid["success@3"], strict=True) if not hit]


def _print(
    tables: dict[str, dict[str, Measured]],
    refused: dict[str, Measured],
    counts: dict[str, int],
) -> None:
    print(f"{sum(counts.values())} answerable questions; mean [95% bootstrap interval]")
    print(f"{'':18}" + "".join(f"{name:>20}" for name in MEASURES))
    for name, row in tables.items():
        count = f" ({counts[kind]})" if (kind := name.removeprefix("kind ")) in counts else ""
        print(f"{name + count:18}" + "".join(f"{shown(value):>20}" for value in row.values()))
    for name, value in refused.items():
        print(f"{name}: {shown(value)}")


def shown(measured: Measured) -> str:
    """Return a mean with its interval, as printed."""
    return f"{measured.mean:.3f} [{measured.low:.2f}, {measured.high:.2f}]"


if __name__ == "__main__":
    main()
