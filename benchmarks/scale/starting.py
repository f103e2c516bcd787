"""From a cold process to the first answer: the search command, and the page."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.measuring import ROOT
from benchmarks.page import PageFailed, PageSession, page_served

QUESTION = "my heel hurts with the first steps in the morning"
_PROGRAM = """
import json, sys, time
marks = [("interpreter", time.time())]
import treatment_search
marks.append(("import", time.time()))
from pathlib import Path
engine = treatment_search.Engine(Path(sys.argv[1])); engine.manifest
marks.append(("open the index", time.time()))
engine.question_vectors(["warm"])
marks.append(("load the model", time.time()))
engine.search(sys.argv[2])
marks.append(("answer", time.time()))
print(json.dumps(marks))
"""
_PATIENCE = 120.0


def cold_parts(index: Path) -> dict[str, float]:
    """Return the seconds of each step from starting Python to the first answer."""
    started = time.time()
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(index), QUESTION],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, before = {}, started
    for step, moment in json.loads(done.stdout):
        seconds[step] = round(moment - before, 3)
        before = moment
    return seconds


def page_seconds(index: Path) -> float:
    """Return seconds from starting the page's server to the first answer's last message.

    It is asked as by a browser that was given an address with a question.
    """
    started = time.perf_counter()
    with page_served(index) as (address, _):
        asyncio.run(asyncio.wait_for(_first_answer(address), _PATIENCE))
        return time.perf_counter() - started


async def _first_answer(address: str) -> None:
    async with PageSession(address) as session:
        shown = await session.ask(QUESTION)
    if "ts-hit" not in shown:
        raise PageFailed("the first question has no answer")
