"""python -m benchmarks.peers.measure: the product and its peers, in one run, taking turns.

Same passages (the product's own, heading path in front), same model, same machine. Each step is
done by one after the other, and who begins changes from repeat to repeat, so that noise hits all
alike. Ratios are within this run. Writes results/peers.json.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import click

from benchmarks.measuring import ROOT, Json, about_this_run, percentiles, write_result
from benchmarks.passages import passages_of, place, starter_material, typed_questions
from benchmarks.peers.environments import REQUIREMENTS, cache
from benchmarks.peers.quality import (
    DEPTH,
    Judgements,
    beir_judgements,
    documents,
    measured,
    own_judgements,
    subsample,
    units,
)
from benchmarks.peers.talking import Child, cold_seconds
from benchmarks.scale.synthetic import write_collection
from treatment_search import Encoder, Engine, ingest, load_encoder
from treatment_search.evaluation import evaluate
from treatment_search.models import find_model

PRODUCT = "treatment-search"
QUESTION = "my heel hurts with the first steps in the morning"


def rotated(names: Sequence[str], repeat: int) -> list[str]:
    """Return the names beginning with another one each repeat."""
    first = repeat % len(names)
    return [*names[first:], *names[:first]]


def ratios(figures: dict[str, float], best: float) -> dict[str, float]:
    """Return each figure over `best`."""
    return {name: round(value / best, 3) for name, value in figures.items()}


@click.command()
@click.option("--passages", default=1000, show_default=True, help="Passages to ingest and ask.")
@click.option("--repeats", default=3, show_default=True, help="Times that each step is done.")
@click.option("--questions", default=60, show_default=True, help="Questions of each repeat.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True),
    help="Judged documents in BEIR's layout; only corpus/'s own questions without it.",
)
@click.option("--others", default=2000, show_default=True, help="Unjudged documents; -1 for all.")
@click.option("--only", help="Peers to compare with, between commas; all without it.")
@click.option("--name", default="peers", show_default=True, help="Name of the result.")
def main(
    passages: int,
    repeats: int,
    questions: int,
    data: Path | None,
    others: int,
    only: str | None,
    name: str,
) -> None:
    """Measure the product beside its peers."""
    names = [PRODUCT, *(only.split(",") if only else REQUIREMENTS)]
    encoder = load_encoder()
    with TemporaryDirectory() as temporary:
        work = Path(temporary)
        run = _Run(names, work, encoder, repeats, typed_questions(questions))
        speed = run.speed(passages)
        _say(json.dumps(speed))
        quality: Json = {"corpus": run.own_quality()}
        if data:
            kept = None if others < 0 else others
            quality[data.resolve().name] = run.quality_on(data, kept)
        else:
            _say("no --data: nDCG is measured on corpus/'s own questions alone")
    result: Json = {"peers": names[1:], "speed": speed, "quality": quality}
    result |= {"given": REQUIREMENTS, **about_this_run()}
    print(json.dumps({"speed": speed, "quality": quality}, indent=1))
    _say(f"written: {write_result(name, result)}")


class _Run:
    def __init__(
        self,
        names: list[str],
        work: Path,
        encoder: Encoder,
        repeats: int,
        questions: list[str],
    ) -> None:
        self._names = names
        self._work = work
        self._encoder = encoder
        self._model = find_model().folder
        self._repeats = repeats
        self._questions = questions

    def speed(self, passages: int) -> Json:
        material = starter_material(ROOT / "corpus", self._work / "starter", self._encoder)
        folder = self._work / "articles"
        write_collection(material, folder, passages)
        ingest(folder, self._work / "cut", self._encoder)
        cut = passages_of(self._work / "cut")
        given = [place(one) for one in cut], [one.passage.embedded_text for one in cut]
        seconds, peak = self._ingests(folder, given)
        milliseconds, resident = self._asked()
        cold = {name: median(times) for name, times in self._cold().items()}
        rate = {name: round(len(cut) / median(times), 1) for name, times in seconds.items()}
        middle = {name: percentiles(times) for name, times in milliseconds.items()}
        p50 = {name: one["p50"] for name, one in middle.items()}
        others = [name for name in self._names if name != PRODUCT]
        return {
            "passages": len(cut),
            "articles": sum(1 for _ in folder.rglob("*.md")),
            "repeats": self._repeats,
            "ingest_passages_a_second": rate,
            "ingest_seconds": {n: [round(s, 2) for s in some] for n, some in seconds.items()},
            "ingest_peak_mib": peak,
            "question_ms": middle,
            "resident_mib": resident,
            "cold_seconds": {name: round(value, 2) for name, value in cold.items()},
            "ratios": {
                "ingest over the best peer": round(rate[PRODUCT] / max(rate[n] for n in others), 2),
                "question p50 over the best peer": round(
                    p50[PRODUCT] / min(p50[n] for n in others), 2
                ),
                "fastest peer's cold start over ours": round(
                    min(cold[n] for n in others) / cold[PRODUCT], 2
                ),
            },
        }

    def _ingests(
        self, folder: Path, given: tuple[list[str], list[str]]
    ) -> tuple[dict[str, list[float]], dict[str, float]]:
        seconds: dict[str, list[float]] = {name: [] for name in self._names}
        peak: dict[str, float] = {}
        for name in self._turns():
            store = self._store(name)
            shutil.rmtree(store, ignore_errors=True)
            with Child(name, self._model, store) as child:
                child.tell("warm")
                ids, texts = ([str(folder)], []) if name == PRODUCT else given
                done = child.tell("ingest", ids=ids, texts=texts)
            seconds[name].append(done["seconds"])
            peak[name] = done["memory"].get("peak", 0.0)
            _say(f"ingest {name}: {done['seconds']:.1f} s")
        return seconds, peak

    def _asked(self) -> tuple[dict[str, list[float]], dict[str, float]]:
        milliseconds: dict[str, list[float]] = {name: [] for name in self._names}
        resident: dict[str, float] = {}
        with ExitStack() as stack:
            children = {}
            for name in self._names:
                child = stack.enter_context(Child(name, self._model, self._store(name)))
                child.tell("open")
                child.tell("ask", questions=self._questions[:5], count=10)
                children[name] = child
            for name in self._turns():
                asked = children[name].tell("ask", questions=self._questions, count=10)
                milliseconds[name] += asked["milliseconds"]
                resident[name] = asked["memory"].get("resident", 0.0)
        return milliseconds, resident

    def _cold(self) -> dict[str, list[float]]:
        seconds: dict[str, list[float]] = {name: [] for name in self._names}
        for name in self._turns():
            if name == PRODUCT:
                seconds[name].append(search_command_seconds(self._store(name)))
            else:
                seconds[name].append(cold_seconds(name, self._model, self._store(name), QUESTION))
            _say(f"cold {name}: {seconds[name][-1]:.1f} s")
        return seconds

    def own_quality(self) -> Json:
        """Measure the project's own questions over corpus/, whose index `speed` made."""
        judgements, asked = own_judgements()
        cut = passages_of(self._work / "starter")
        of_place = {place(one): one for one in cut}
        engine = Engine(self._work / "starter", encoder_for=lambda _: self._encoder)
        ranked = {
            number: units(one, engine.rank_passages(one.text, DEPTH))
            for number, one in asked.items()
        }
        table = {PRODUCT: measured(judgements, ranked)}
        texts = {name: one.passage.embedded_text for name, one in of_place.items()}
        for name in self._names[1:]:
            found = self._found(name, texts, judgements)
            table[name] = measured(
                judgements,
                {n: units(asked[n], [of_place[p] for p in ps]) for n, ps in found.items()},
            )
        return {
            "questions": len(asked),
            "documents": len({one.passage.article_id for one in cut}),
            "passages": len(cut),
            "measures": table,
        }

    def quality_on(self, data: Path, others: int | None) -> Json:
        """Measure a folder in BEIR's layout, with all its judged documents and some others."""
        folder = self._work / "judged"
        count = subsample(data, folder, others)
        _say(f"{data.name}: {count} documents")
        evaluate(folder, self._encoder, cache=self._work / "evaluated")
        (index,) = (path for path in (self._work / "evaluated").iterdir() if path.is_dir())
        judgements = beir_judgements(folder)
        engine = Engine(index, encoder_for=lambda _: self._encoder)
        ranked = {
            question: [document for document, _ in engine.rank_articles(text)]
            for question, text in judgements.questions.items()
        }
        table = {PRODUCT: measured(judgements, ranked)}
        cut = passages_of(index)
        of_passage = {place(one): one.passage.article_id for one in cut}
        texts = {place(one): one.passage.embedded_text for one in cut}
        for name in self._names[1:]:
            found = self._found(name, texts, judgements)
            table[name] = measured(
                judgements, {q: documents(places, of_passage) for q, places in found.items()}
            )
        return {
            "questions": len(judgements.questions),
            "documents": count,
            "passages": len(cut),
            "measures": table,
        }

    def _found(
        self, name: str, texts: dict[str, str], judgements: Judgements
    ) -> dict[str, list[str]]:
        """Return what a peer ranks for each question; its index is kept in the cache."""
        key = hashlib.sha256(repr((REQUIREMENTS[name], sorted(texts.items()))).encode())
        kept = cache() / "indexes" / f"{name}-{key.hexdigest()[:12]}"
        whole = kept.with_suffix(".whole")
        asked = list(judgements.questions)
        with Child(name, self._model, kept) as child:
            if whole.exists():
                child.tell("open")
            else:
                _say(f"{name} embeds {len(texts):,} passages")
                shutil.rmtree(kept, ignore_errors=True)
                child.tell("ingest", ids=list(texts), texts=list(texts.values()))
                whole.touch()
            found = child.tell(
                "ask",
                questions=[judgements.questions[q] for q in asked],
                count=min(DEPTH, len(texts)),
            )["found"]
        return dict(zip(asked, found, strict=True))

    def _turns(self) -> Iterator[str]:
        for repeat in range(self._repeats):
            yield from rotated(self._names, repeat)

    def _store(self, name: str) -> Path:
        return self._work / f"store-{name}"


def search_command_seconds(index: Path, question: str = QUESTION) -> float:
    """Return seconds that `python -m treatment_search search` takes, started cold."""
    command = [sys.executable, "-m", "treatment_search", "search", question, "--json"]
    started = time.perf_counter()
    done = subprocess.run(
        [*command, "--index", str(index)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    seconds = time.perf_counter() - started
    answer: dict[str, Any] = json.loads(done.stdout)
    if not answer["hits"]:
        raise RuntimeError(f"nothing found for {question!r} in '{index}'")
    return seconds


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
