"""python -m benchmarks.soak.run: 8 readers ask while ingest loops over a changing corpus.

The readers are threads of this process over one engine, as on the page; the ingests run in a
child, so that this process's memory is the readers' alone. Prints what happened, writes
benchmarks/soak/results.json, and ends with 1 when a reader met an error or a mixture.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import random
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from multiprocessing.synchronize import Event as StopSign
from pathlib import Path

import click

from benchmarks.measuring import about_this_run, resident_mebibytes
from benchmarks.soak.editions import QUESTION, editions_in, write_edition
from treatment_search import Engine, encoder_for_index, ingest_and_check

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
RESULTS = HERE / "results.json"
# A reader is a person: it looks at an answer before the next question.
PAUSE_SECONDS = 0.05
SAMPLES = 60
QUESTIONS = (
    QUESTION,
    "my heel hurts most with the first steps in the morning",
    "who must not have needles put in the calf",
    "how long until stretching helps a sore heel",
    "does taping the foot help when i run",
)


@dataclass(slots=True)
class Seen:
    """What the readers met; `generations` are the ones that answered."""

    questions: int = 0
    empty: int = 0
    mixed: int = 0
    errors: list[str] = field(default_factory=list)
    generations: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class Soaked:
    """What one run found; memory in MiB, resident, sampled evenly over the run."""

    seconds: float
    readers: int
    ingests: int
    failed_ingests: int
    questions: int
    generations_seen: int
    errors: list[str]
    mixed: int
    empty: int
    memory: list[float]
    growth: float
    """Mean memory of the last fifth less that of the second fifth; the first one warms up."""


@click.command()
@click.option("--seconds", default=300.0, show_default=True)
@click.option("--readers", default=8, show_default=True)
def main(seconds: float, readers: int) -> None:
    """Ask and ingest at once for a while."""
    with tempfile.TemporaryDirectory() as folder:
        soaked = soak(Path(folder), seconds, readers)
    result = asdict(soaked) | about_this_run()
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    print(
        f"{soaked.ingests} ingests ({soaked.failed_ingests} failed), {soaked.questions:,} "
        f"questions by {readers} readers over {soaked.generations_seen} generations in "
        f"{soaked.seconds:.0f} s: {len(soaked.errors)} errors, {soaked.mixed} mixed, "
        f"{soaked.empty} empty; memory {soaked.memory[-1]:.0f} MiB, grew {soaked.growth:+.1f} MiB"
    )
    print(*soaked.errors[:5], sep="\n")
    sys.exit(bool(soaked.errors or soaked.mixed or soaked.empty or soaked.failed_ingests))


def soak(folder: Path, seconds: float, readers: int) -> Soaked:
    """Run readers and ingests over a copy of corpus/ in `folder` for so many seconds."""
    corpus, index = folder / "corpus", folder / "index"
    corpus.mkdir()
    write_edition(ROOT / "corpus", corpus, 1)
    context = multiprocessing.get_context("spawn")
    stop, ready = context.Event(), context.Event()
    done = context.Queue()
    writer = context.Process(target=_ingest_loop, args=(corpus, index, stop, ready, done))
    writer.start()
    while not ready.wait(1.0):
        if not writer.is_alive():
            raise click.ClickException("the first ingest did not end well")
    engine = Engine(index)
    engine.warm()
    seen, halt = Seen(), threading.Event()
    threads = [
        threading.Thread(target=_read, args=(engine, random.Random(n), seen, halt))  # noqa: S311
        for n in range(readers)
    ]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    memory = []
    for _ in range(SAMPLES):
        time.sleep(seconds / SAMPLES)
        gc.collect()
        memory.append(resident_mebibytes())
    halt.set()
    for thread in threads:
        thread.join()
    lasted = time.monotonic() - started
    stop.set()
    ingests, failed = done.get()
    writer.join()
    return Soaked(
        seconds=round(lasted, 1),
        readers=readers,
        ingests=ingests,
        failed_ingests=failed,
        questions=seen.questions,
        generations_seen=len(seen.generations),
        errors=seen.errors,
        mixed=seen.mixed,
        empty=seen.empty,
        memory=[round(one, 1) for one in memory],
        growth=round(growth(memory), 1),
    )


def growth(memory: Sequence[float]) -> float:
    """Return the mean of the last fifth less that of the second fifth."""
    fifth = max(1, len(memory) // 5)
    second, last = memory[fifth : 2 * fifth] or memory, memory[-fifth:]
    return sum(last) / len(last) - sum(second) / len(second)


def _read(engine: Engine, chance: random.Random, seen: Seen, halt: threading.Event) -> None:
    while not halt.is_set():
        question = chance.choice(QUESTIONS)
        try:
            result = engine.search(question)
        except Exception as error:  # whatever it is, it is what this run looks for
            with seen.lock:
                seen.errors.append(f"{type(error).__name__}: {error}")
            continue
        said = editions_in(hit.passage.passage.text for hit in result.hits)
        with seen.lock:
            seen.questions += 1
            seen.mixed += len(said) > 1
            seen.empty += not result.hits or (question == QUESTION and not said)
            seen.generations.add(result.generation)
        halt.wait(PAUSE_SECONDS)


def _ingest_loop(
    corpus: Path,
    index: Path,
    stop: StopSign,
    ready: StopSign,
    done: multiprocessing.Queue[tuple[int, int]],
) -> None:
    encoder = encoder_for_index(index)
    ingests = failed = 0
    for edition in count(2):
        try:
            ingest_and_check(corpus, index, encoder)
        except Exception as error:
            failed += 1
            print(f"ingest: {type(error).__name__}: {error}", file=sys.stderr)
        ingests += 1
        ready.set()
        if stop.is_set():
            break
        write_edition(ROOT / "corpus", corpus, edition)
    done.put((ingests, failed))


if __name__ == "__main__":
    main()
