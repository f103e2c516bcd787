"""python -m benchmarks.load.run: 40 visitors ask the real page at once; how long each waits.

Starts the page on a free port of this machine over an index of corpus/ (run ingest first),
connects that many WebSockets, and lets each ask, read for a moment, and ask again. No question is
asked twice, so that none is answered from memory. Prints and writes benchmarks/load/results.json;
ends with 1 when a question met an error.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path

import click
import numpy as np

from benchmarks.measuring import about_this_run, resident_mebibytes
from benchmarks.page import PageSession, page_served
from benchmarks.quality.judged import read_questions

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
RESULTS = HERE / "results.json"
JUDGED = ROOT / "benchmarks" / "quality" / "questions.tsv"
ANSWER_SECONDS = 30
# The memory is looked at so many times over a run; the first fifth warms up.
SAMPLES = 20


@dataclass(frozen=True, slots=True)
class Load:
    """What one run found: seconds from asking until the page is drawn, and the server's memory."""

    sessions: int
    questions: int
    reading_seconds: float
    seconds: float
    p50: float
    p95: float
    slowest: float
    errors: list[str]
    memory: list[float]
    """MiB resident, sampled after equal numbers of questions."""


@dataclass(slots=True)
class Waits:
    """What the visitors met so far."""

    server: int
    every: int
    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    def add(self, waited: float) -> None:
        """Note one answer, and now and then the server's memory."""
        self.seconds.append(waited)
        if len(self.seconds) % self.every == 0:
            self.memory.append(resident_mebibytes(self.server))


@click.command()
@click.option("--sessions", default=40, show_default=True)
@click.option("--questions", default=2_000, show_default=True, help="In all.")
@click.option("--reading", default=3.0, show_default=True, help="Seconds before the next one.")
def main(sessions: int, questions: int, reading: float) -> None:
    """Let visitors ask the page at once."""
    asked = [judged.text for judged in read_questions(JUDGED)]
    with page_served() as (address, server):
        load = asyncio.run(run_load(address, server, asked, sessions, questions, reading))
    result = asdict(load) | about_this_run()
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    print(
        f"{load.questions:,} questions by {load.sessions} visitors in {load.seconds:.0f} s: "
        f"{len(load.errors)} errors; p50 {load.p50:.2f} s, p95 {load.p95:.2f} s, slowest "
        f"{load.slowest:.2f} s; memory {load.memory[0]:.0f} to {load.memory[-1]:.0f} MiB"
    )
    print(*load.errors[:5], sep="\n")
    sys.exit(bool(load.errors))


async def run_load(
    address: str,
    server: int,
    asked: Sequence[str],
    sessions: int,
    questions: int,
    reading: float,
) -> Load:
    """Let so many sessions ask so many questions in all; the first question of all warms up."""
    new = never_twice(asked, random.Random(0))  # noqa: S311
    async with PageSession(address) as first, asyncio.timeout(ANSWER_SECONDS):
        await first.ask(next(new))
    waits = Waits(server, max(1, questions // SAMPLES))
    started = time.monotonic()
    await asyncio.gather(
        *(
            _visit(address, random.Random(n), new, questions // sessions, reading, waits)  # noqa: S311
            for n in range(sessions)
        )
    )
    p50, p95 = np.percentile(waits.seconds, [50, 95])
    return Load(
        sessions=sessions,
        questions=len(waits.seconds),
        reading_seconds=reading,
        seconds=round(time.monotonic() - started, 1),
        p50=round(float(p50), 3),
        p95=round(float(p95), 3),
        slowest=round(max(waits.seconds), 3),
        errors=waits.errors,
        memory=[round(one, 1) for one in waits.memory],
    )


def never_twice(asked: Sequence[str], chance: random.Random) -> Iterator[str]:
    """Yield these questions in any order without end, each with how long it has been so."""
    for days in count(1):
        yield f"{chance.choice(asked).rstrip(' ?.!')} for {days} days"


async def _visit(
    address: str,
    chance: random.Random,
    new: Iterator[str],
    questions: int,
    reading: float,
    waits: Waits,
) -> None:
    async with PageSession(address) as session:
        for _ in range(questions):
            await asyncio.sleep(chance.uniform(0, 2 * reading))
            began = time.perf_counter()
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await session.ask(next(new))
            except Exception as error:  # whatever it is, it is what this run looks for
                waits.errors.append(f"{type(error).__name__}: {error}")
                if not isinstance(error, TimeoutError):
                    return
            waits.add(time.perf_counter() - began)


if __name__ == "__main__":
    main()
