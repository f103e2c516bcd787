"""What several test files share: small corpora, and an engine over them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from tests.concepts import ConceptEncoder
from treatment_search.engine import Engine
from treatment_search.ingestion import ingest

ROOT = Path(__file__).parent.parent

# An ingest asks for dozens of fsyncs, which cost nothing in memory. All tests leave below 1 GB.
IN_MEMORY = Path("/dev/shm")  # noqa: S108
if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > 4 << 30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))

NEEDLING = """---
title: Dry needling for heel spur
treatment: Dry needling
conditions: [Heel spur]
source: Example Clinic
url: https://example.org/needling
reviewed: 2026-11-23
---

## How it is done

The therapist puts a thin needle into a tight muscle. Then the needle is moved a little.

## Who should not

People who take blood thinners ask a doctor before needling.
"""
STRETCHING = """---
title: Stretching the calf
---

## How often and how long

Stretch three times a day. Hold each stretch for thirty seconds.

## When it hurts

Pain in the morning is normal at first. See a doctor when it stays.
"""
INJECTION = "Steroid injection\n\nDoes it help?\n\nThe injection helps for about a month.\n"


@pytest.fixture
def encoder() -> ConceptEncoder:
    return ConceptEncoder()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder with two Markdown articles and a text one, below a folder of its own."""
    folder = tmp_path / "corpus"
    (folder / "jabs").mkdir(parents=True)
    (folder / "needling.md").write_text(NEEDLING, "utf-8")
    (folder / "stretching.md").write_text(STRETCHING, "utf-8")
    (folder / "jabs" / "steroid.txt").write_text(INJECTION, "utf-8")
    return folder


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def uncalibrated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out of an ingest what takes most of its time here: the floor and the bands."""
    for module in ("assembly", "amending"):
        monkeypatch.setattr(f"treatment_search.{module}.calibrated", lambda manifest, _: manifest)


@pytest.fixture
def engine(corpus: Path, index: Path, encoder: ConceptEncoder) -> Engine:
    ingest(corpus, index, encoder)
    return Engine(index, encoder_for=lambda _: encoder)


@pytest.fixture
def write(corpus: Path) -> Callable[[str, str], Path]:
    """Write an article into the corpus and return its path."""

    def write_article(name: str, text: str) -> Path:
        path = corpus / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return write_article


@pytest.fixture(scope="session")
def starter_articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some of the shipped articles: enough to search, few enough to embed in seconds."""
    folder = tmp_path_factory.mktemp("starter")
    for name in ("dry-needling", "stretching", "steroid-injection", "taping", "gout"):
        shutil.copy(ROOT / "corpus" / f"{name}.md", folder)
    return folder


@pytest.fixture(scope="session")
def real_ingest(
    starter_articles: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """An index made by the real command with the real model, and what the command printed.

    It is made once, which takes seconds; each process that runs tests gets a copy.
    """
    made = shared_folder(tmp_path_factory) / "real"
    printed = made / "printed.json"
    with FileLock(f"{made}.lock"):
        if not printed.exists():
            options = ("--corpus", str(starter_articles), "--index", str(made / "index"))
            done = run("ingest.py", *options, "--json")
            assert done.returncode == 0, done.stderr
            printed.write_text(json.dumps([done.args, done.stdout, done.stderr]), "utf-8")
    index = shutil.copytree(made / "index", tmp_path_factory.mktemp("real") / "index")
    arguments, stdout, stderr = json.loads(printed.read_text("utf-8"))
    return index, subprocess.CompletedProcess(arguments, 0, stdout, stderr)


def lend_model(index: Path, compiled_by: Path) -> None:
    """Give a new index the model that another one compiled, which takes seconds."""
    index.mkdir()
    for model in compiled_by.glob(".compiled-*"):
        shutil.copytree(model, index / model.name)


def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of this run of the tests that all its processes see."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def real_index(real_ingest: tuple[Path, subprocess.CompletedProcess[str]]) -> Path:
    return real_ingest[0]


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command of the product as a person would, from the project's folder."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="session")
def real_engine(real_index: Path) -> Engine:
    return Engine(real_index)
