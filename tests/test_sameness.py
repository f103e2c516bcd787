"""The same articles give the same index and the same answers, in whatever order things come."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT

WORDS = ["heel", "bone", "calf", "stretch", "morning", "doctor", "steroid", "arch", "price", "tape"]
Write = Callable[[str, str], Path]

# Prints all of passages.sqlite, the vectors, what the manifest found out, and some answers.
PRINT_EVERYTHING = """
import json, os, random, sqlite3, sys
from dataclasses import asdict
from pathlib import Path

from tests.concepts import ConceptEncoder
from treatment_search import generations
from treatment_search.dense import DenseIndex
from treatment_search.engine import Engine
from treatment_search.ingestion import ingest

corpus, index, seed = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
walk, order = os.walk, random.Random(seed)


def shuffled(*arguments, **options):
    for folder, folders, names in walk(*arguments, **options):
        order.shuffle(folders)
        order.shuffle(names)
        yield folder, folders, names


os.walk = shuffled
report = asdict(ingest(corpus, index, ConceptEncoder()))
generation = generations.live_generation(index)
dump = list(sqlite3.connect(generation.folder / generations.PASSAGES).iterdump())
dense = [DenseIndex.open(generation.folder / n) for n in (generations.DENSE, generations.HEADINGS)]
vectors = [each.all_vectors().tobytes().hex() for each in dense]
manifest = generation.manifest
engine = Engine(index, encoder_for=lambda _: ConceptEncoder())
asked = [
    "needle in the calf", "stretch for heel spur in the morning", "doctor", "heel bone needle part",
    "does a stretch of heel bone, calf, arch in the morning with a doctor or steroid have a price",
    "same part number three of the calf and the heel bone in the morning",
]
found = [[(h.passage.number, h.score, h.also_in, h.band) for h in engine.search(q, 50).hits]
         for q in asked]
told = {key: report[key] for key in ("skipped", "warnings", "touched", "moved", "embedded")}
print(json.dumps([told, dump, vectors, manifest.floor, manifest.off_topic,
                  asdict(manifest.bands), found]))
"""


def printed(corpus: Path, index: Path, seed: str, threads: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", PRINT_EVERYTHING, str(corpus), str(index), seed],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONHASHSEED": seed,
            "OMP_NUM_THREADS": threads,
            "RAYON_NUM_THREADS": threads,
        },
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.fixture
def various(corpus: Path, write: Write) -> Path:
    """Articles that say the same, explain the same words, cannot be read, and share titles."""
    for number in range(12):
        sections = "".join(
            f"\n## Part {part}\n\nNeedle the heel bone (calcaneus) of {part % 2}, {number % 6}.\n"
            for part in range(3)
        )
        write(f"{number % 3}/same{number}.md", f"# Same {number % 4}\n{sections}")
    # Each word stands in another number of headings, so that their sum shows its order.
    for count in range(3, len(WORDS)):
        write(f"words/{count}.md", f"# Words\n\n## {' '.join(WORDS[:count])}\n\nText {count}.\n")
    for name in ("b.xyz", "a.xyz", "c/d.xyz"):
        write(name, "1,2")
    return corpus


def test_neither_order_nor_seed_nor_threads_change_anything(various: Path, tmp_path: Path) -> None:
    one = printed(various, tmp_path / "one", seed="1", threads="1")
    two = printed(various, tmp_path / "two", seed="2", threads="3")
    told, dump, _, _, _, _, found = json.loads(one)
    assert [note["path"] for note in told["skipped"]] == ["a.xyz", "b.xyz", "c/d.xyz"]
    assert any("calcaneus" in line and '"synonyms"' in line for line in dump)
    assert any('"explained"' in line for line in dump)
    assert min(map(len, found[:3])) > 10
    assert one == two
