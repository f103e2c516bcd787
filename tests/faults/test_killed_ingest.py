"""SIGKILL at ten moments of an ingest: the old index answers on, and the next ingest finishes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.concepts import ConceptEncoder
from tests.conftest import ROOT
from treatment_search import generations
from treatment_search.engine import Engine
from treatment_search.ingestion import ingest
from treatment_search.store import PassageStore

ARTICLES = 40
# Shares of the time a whole run takes, and milliseconds after the first file is written.
SHARES = (0.1, 0.5, 0.8, 0.95)
AFTER_STAGING = (0, 5, 15, 30, 60, 90)


def rewrite(corpus: Path, version: int) -> dict[str, str]:
    """Write every article anew and return the text each must have."""
    texts = {}
    for number in range(ARTICLES):
        text = f"Needling advice {number}, edition {version}. The needle stays in the calf."
        (corpus / f"{number:02}.md").write_text(f"# Article {number}\n\n{text}\n", "utf-8")
        texts[f"{number:02}.md"] = text
    return texts


def indexed(index: Path) -> dict[str, str]:
    generation = generations.live_generation(index)
    generation.check_contents()
    store = PassageStore(generation.folder / generations.PASSAGES)
    texts = {one.article.article_id: one.article.text for one in store.stored_articles()}
    store.close()
    return texts


def start(corpus: Path, index: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.concepts", str(corpus), str(index), "0.01"], cwd=ROOT
    )


def wait_for_staging(index: Path, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None and not any(index.glob(".staging-*/*")):
        time.sleep(0.001)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    return corpus, tmp_path / "index"


def test_a_killed_ingest_leaves_the_old_index_answering_and_the_next_one_finishes(
    folders: tuple[Path, Path],
) -> None:
    corpus, index = folders
    old = rewrite(corpus, 0)
    began = time.monotonic()
    assert start(corpus, index).wait() == 0
    whole = time.monotonic() - began
    engine = Engine(index, encoder_for=lambda _: ConceptEncoder())
    published = 0
    for version, moment in enumerate((*SHARES, *AFTER_STAGING), 1):
        new = rewrite(corpus, version)
        process = start(corpus, index)
        if isinstance(moment, float):
            time.sleep(whole * moment)
        else:
            wait_for_staging(index, process)
            time.sleep(moment / 1000)
        process.send_signal(signal.SIGKILL)
        process.wait()
        found = indexed(index)
        assert found in (old, new)  # the one or the other, never a mixture
        published += found == new
        answer = engine.search("needles in the calf")
        assert all(
            hit.passage.passage.text == found[hit.passage.passage.article_id] for hit in answer.hits
        )
        assert len(answer.hits) == 10
        old = found
    report = ingest(corpus, index, ConceptEncoder())
    assert indexed(index) == new
    assert report.changed in (0, ARTICLES)
    assert not any(index.glob(".staging-*"))
    assert published < len(SHARES) + len(AFTER_STAGING)  # some were killed before the end
    print(f"{len(SHARES) + len(AFTER_STAGING)} faults, 0 lost, 0 mixed")
