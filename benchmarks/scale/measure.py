"""python -m benchmarks.scale.measure: ingest, questions, memory, disk and starts, by size.

Each size is measured in processes of its own. Up to REAL passages the real model embeds them;
above, their vectors are made out of real ones (synthetic.py). Writes results/<name>.json.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click

from benchmarks.measuring import ROOT, Json, about_this_run, write_result
from benchmarks.passages import starter_material
from benchmarks.peers.measure import search_command_seconds
from benchmarks.scale.starting import cold_parts, page_seconds
from benchmarks.scale.synthetic import write_collection
from treatment_search import load_encoder

REAL = 10_000
_STARTS = 3


@click.command()
@click.option("--sizes", default="1000,10000", show_default=True, help="Passages, between commas.")
@click.option("--questions", default=200, show_default=True, help="Questions at each size.")
@click.option("--real", default=REAL, show_default=True, help="Largest size the model embeds.")
@click.option(
    "--work",
    type=click.Path(path_type=Path),
    help="Where to build, and what was built before is measured again; temporary without.",
)
@click.option("--name", default="scale", show_default=True, help="Name of the result.")
def main(sizes: str, questions: int, real: int, work: Path | None, name: str) -> None:
    """Measure collections of several sizes."""
    wanted = sorted({int(size) for size in sizes.split(",")})
    with nullcontext(work) if work else TemporaryDirectory() as place:
        material = starter_material(ROOT / "corpus", Path(place, "starter"), load_encoder())
        rows = []
        for size in wanted:
            folder, index = Path(place, f"articles-{size}"), Path(place, f"index-{size}")
            if not folder.is_dir():
                write_collection(material, folder, size)
            rows.append(measure(folder, index, questions, composed=size > real))
            _say(json.dumps(rows[-1]))
            write_result(name, {"sizes": rows, **about_this_run()})
    _say(f"written: results/{name}.json")


def measure(folder: Path, index: Path, questions: int, *, composed: bool) -> Json:
    """Return everything measured of one collection."""
    made = ["--composed"] if composed else []
    ingested = index.with_name(f"{index.name}.json")
    if not ingested.is_file():
        ingested.write_text(json.dumps(_child("ingest", str(folder), str(index), *made)), "utf-8")
    result: Json = {"ingest": json.loads(ingested.read_text("utf-8"))}
    result["change"] = _child("change", str(folder), str(index))
    result["ask"] = _child("ask", str(index), "--questions", str(questions))
    result["parts_ms"] = _child("parts", str(index), "--questions", str(questions))
    result["cold_search_seconds"] = round(
        median(search_command_seconds(index) for _ in range(_STARTS)), 2
    )
    result["cold_parts_seconds"] = cold_parts(index)
    result["page_seconds"] = round(median(page_seconds(index) for _ in range(_STARTS)), 2)
    return result


def _child(*arguments: str) -> Json:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale.child", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answer: Json = json.loads(done.stdout.splitlines()[-1])
    return answer


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
