"""What is measured in a process of its own, so that its memory is its own.

python -m benchmarks.scale.child ingest|change|ask|parts ...: prints one JSON object.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import click
import numpy as np

from benchmarks.measuring import Json, disk, memory, percentiles
from benchmarks.passages import starter_material, typed_questions
from benchmarks.scale.sampling import PARTS, sampled
from benchmarks.scale.synthetic import ComposedEncoder, fidelity
from treatment_search import (
    Encoder,
    Engine,
    QuestionRefused,
    ingest,
    ingest_and_check,
    load_encoder,
)
from treatment_search.chunking import chunk
from treatment_search.dense import DenseIndex
from treatment_search.generations import DENSE, live_generation
from treatment_search.reading import close, read_article
from treatment_search.sentences import sentence_spans

STARTER = Path(__file__).parent.parent.parent / "corpus"
# Articles read, cut and embedded alone, for the rate of each stage.
_ALONE = 60
_BLOCK = 50_000


class StageClock:
    """Progress that remembers how many seconds each stage of an ingest took."""

    def __init__(self) -> None:
        self._marks: list[tuple[str, float]] = []

    def start(self, stage: str, total: int) -> None:
        """A stage begins."""
        self._marks.append((stage, time.perf_counter()))

    def advance(self, count: int) -> None:
        """Steps are done; only where stages begin is timed."""

    def seconds(self) -> dict[str, float]:
        """Return the seconds of each stage until the next began, the last one until now."""
        ends = [*self._marks, ("", time.perf_counter())]
        return {stage: round(end - begin, 3) for (stage, begin), (_, end) in pairwise(ends)}


@click.group()
def main() -> None:
    """Measure one thing."""


@main.command("ingest")
@click.argument("corpus", type=click.Path(path_type=Path))
@click.argument("index", type=click.Path(path_type=Path))
@click.option("--composed", is_flag=True, help="Make the passages' vectors out of real ones.")
def ingest_command(corpus: Path, index: Path, composed: bool) -> None:
    """Ingest a whole collection into an empty index."""
    model = load_encoder(index=index)
    index.mkdir(parents=True, exist_ok=True)
    model.prepare(index)  # compiled once for each index and model: told apart from ingesting
    model.encode_texts(["warm"])
    encoder: Encoder = model
    made: Json = {}
    if composed:
        material = starter_material(STARTER, index.with_name(f"{index.name}-starter"), model)
        encoder = ComposedEncoder(model, material)
        made = {"cosine_to_the_models": round(fidelity(encoder, model, _texts(corpus, model)), 4)}
    clock = StageClock()
    started = time.perf_counter()
    report = ingest(corpus, index, encoder, progress=clock)
    seconds = time.perf_counter() - started
    stages = clock.seconds()
    _print(
        {
            "articles": report.articles,
            "passages": report.passages,
            "seconds": round(seconds, 2),
            "passages_a_second": round(report.passages / seconds, 1),
            "stage_seconds": stages,
            "alone_passages_a_second": _alone(corpus, model),
            "memory_mib": memory(),
            "disk_bytes": disk(live_generation(index).folder),
            "composed": made,
        }
    )


@main.command()
@click.argument("corpus", type=click.Path(path_type=Path))
@click.argument("index", type=click.Path(path_type=Path))
def change(corpus: Path, index: Path) -> None:
    """Ingest after a sentence was put into one article, and again after nothing changed."""
    model = load_encoder(index=index)
    model.encode_texts(["warm"])
    path = sorted(corpus.rglob("*.md"))[0]
    head, heading, body = path.read_text("utf-8").partition("\n## ")
    grown = body.replace(". ", f". A sentence of {time.time_ns()} was added. ", 1)
    path.write_text(f"{head}{heading}{grown}", "utf-8")
    started = time.perf_counter()
    report = ingest_and_check(corpus, index, model)
    changed = time.perf_counter() - started
    started = time.perf_counter()
    ingest_and_check(corpus, index, model)
    _print(
        {
            "one_changed_seconds": round(changed, 2),
            "embedded": report.embedded,
            "nothing_changed_seconds": round(time.perf_counter() - started, 2),
            "memory_mib": memory(),
        }
    )


@main.command()
@click.argument("index", type=click.Path(path_type=Path))
@click.option("--questions", default=200, show_default=True, help="Questions to ask.")
def ask(index: Path, questions: int) -> None:
    """Open an index, ask questions one by one, then by several threads."""
    model = load_encoder(index=index)
    model.encode_questions(["warm"])
    before = memory()
    engine = Engine(index, encoder_for=lambda _: model)
    started = time.perf_counter()
    _ = engine.manifest
    opened = time.perf_counter() - started
    asked = typed_questions(questions)
    started = time.perf_counter()
    _answer(engine, asked[0])
    first = time.perf_counter() - started
    milliseconds = [_answer(engine, question) for question in asked]
    after = memory()
    _print(
        {
            "passages": engine.manifest.passages,
            "open_seconds": round(opened, 3),
            "first_question_ms": round(first * 1000, 1),
            "question_ms": percentiles(milliseconds),
            "questions": len(asked),
            "memory_mib": after,
            "memory_before_mib": before,
            "questions_a_second": {
                str(threads): _throughput(engine, asked, threads) for threads in (1, 2, 8)
            },
            "recall_at_10": _recall(index, model.encode_questions(asked)),
        }
    )


@main.command()
@click.argument("index", type=click.Path(path_type=Path))
@click.option("--questions", default=200, show_default=True, help="Questions to ask.")
def parts(index: Path, questions: int) -> None:
    """Ask questions and tell where their time goes."""
    model = load_encoder(index=index)
    engine = Engine(index, encoder_for=lambda _: model)
    engine.warm()
    asked = typed_questions(questions)
    for question in asked[:20]:
        _answer(engine, question)
    of_part: dict[str, list[float]] = {part: [] for part in PARTS}
    with sampled() as taken:
        for question in asked:
            taken()
            milliseconds = _answer(engine, question)
            looks = taken()
            for part in PARTS:
                share = looks[part] / max(1, looks.total())
                of_part[part].append(milliseconds * share)
    _print({part: percentiles(values) for part, values in of_part.items()})


def _alone(corpus: Path, model: Encoder) -> dict[str, float]:
    """Return the passages a second of each stage on its own, over the first articles."""
    paths = sorted(corpus.rglob("*.md"))[:_ALONE]
    started = time.perf_counter()
    articles = [
        read_article(path.relative_to(corpus).as_posix(), path.read_bytes()) for path in paths
    ]
    read = time.perf_counter()
    passages = [passage for article in articles for passage in chunk(article, model)]
    cut = time.perf_counter()
    texts = [passage.embedded_text for passage in passages]
    spans = [
        [
            (start + one.text_offset, end + one.text_offset)
            for start, end in sentence_spans(one.text)
        ]
        for one in passages
    ]
    model.encode_passages(texts, spans)
    embedded = time.perf_counter()
    close()
    spent = {"reading": read - started, "chunking": cut - read, "embedding": embedded - cut}
    return {stage: round(len(passages) / seconds, 1) for stage, seconds in spent.items()}


def _texts(corpus: Path, model: Encoder) -> list[str]:
    paths = sorted(corpus.rglob("*.md"))[:20]
    articles = (read_article(path.name, path.read_bytes()) for path in paths)
    return [passage.embedded_text for article in articles for passage in chunk(article, model)]


def _answer(engine: Engine, question: str) -> float:
    """Return the milliseconds of one question; one that is refused counts too."""
    started = time.perf_counter()
    with suppress(QuestionRefused):
        engine.search(question)
    return (time.perf_counter() - started) * 1000


def _throughput(engine: Engine, questions: list[str], threads: int) -> float:
    with ThreadPoolExecutor(threads) as pool:
        started = time.perf_counter()
        answered = sum(1 for _ in pool.map(lambda question: _answer(engine, question), questions))
        return round(answered / (time.perf_counter() - started), 1)


def _recall(index: Path, questions: np.ndarray) -> float:
    """Return which share of the ten nearest passages, by exact search, the dense index finds."""
    dense = DenseIndex.open(live_generation(index).folder / DENSE)
    best = np.full((len(questions), 10), -np.inf, np.float32)
    for first in range(0, len(dense), _BLOCK):
        rows = dense.vectors(range(first, min(first + _BLOCK, len(dense))))
        best = np.sort(np.hstack([best, questions @ rows.T]), axis=1)[:, -10:]
    # By cosine instead of number, so that two passages of one vector are as good.
    found = [
        sum(cosine >= tenth - 1e-6 for _, cosine in dense.search(question, 10))
        for question, tenth in zip(questions, best[:, 0], strict=True)
    ]
    return round(float(np.mean(np.minimum(found, 10)) / 10), 4)


def _print(result: Json) -> None:
    print(json.dumps(result))


if __name__ == "__main__":
    main()
