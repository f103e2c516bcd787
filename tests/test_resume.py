from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.concepts import ConceptEncoder, concept_vector
from tests.conftest import ROOT
from treatment_search import generations, resume
from treatment_search.embedding import SLICE
from treatment_search.encoder import Progress
from treatment_search.errors import IndexDamaged
from treatment_search.ingestion import ingest
from treatment_search.models import ModelIdentity
from treatment_search.records import Span
from treatment_search.resume import KeptAside, text_key
from treatment_search.vectors import SmallVectors, Vectors

pytestmark = pytest.mark.usefixtures("uncalibrated")

Write = Callable[[str, str], Path]

ARTICLES = 4 * SLICE
# Each slice is put on the disk as soon as it is embedded.
KILLED = """
import sys
from pathlib import Path
from tests.concepts import ConceptEncoder
from treatment_search import resume
from treatment_search.ingestion import ingest
resume.SECONDS_A_PART = 0.0
ingest(Path(sys.argv[1]), Path(sys.argv[2]), ConceptEncoder(pause=0.003))
"""
VECTORS = np.stack([concept_vector("needle"), concept_vector("stretch")])
SENTENCES: list[SmallVectors] = [
    np.array([[1, 2], [3, 4]], np.int8),
    np.array([[5, 6]], np.int8),
]
KEYS = [text_key("a"), text_key("b")]


class PassageCounter(ConceptEncoder):
    """Counts passages apart from headings; breaks down at a passage or a heading path."""

    def __init__(self, passage: str = "in no article", heading: str = "nor this") -> None:
        super().__init__()
        self.passages: list[str] = []
        self._passage, self._heading = passage, heading

    def encode_passages(
        self,
        texts: Sequence[str],
        sentences: Sequence[Sequence[Span]],
        progress: Progress | None = None,
    ) -> tuple[Vectors, list[SmallVectors]]:
        if any(self._passage in text for text in texts):
            raise RuntimeError("out of memory")
        self.passages += texts
        return super().encode_passages(texts, sentences, progress)

    def encode_texts(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        if self._heading in texts:
            raise RuntimeError("out of memory")
        return super().encode_texts(texts, progress)


def write_many(corpus: Path) -> None:
    """Write articles of one passage each, no two of the same length in the model's batches."""
    corpus.mkdir()
    for number in range(ARTICLES):
        text = f"Needle the calf {number} times. Stretch it in the morning."
        (corpus / f"{number:03}.md").write_text(f"# Article {number}\n\n{text}\n", "utf-8")


def kept(index: Path) -> KeptAside:
    return KeptAside.of_model(index, ConceptEncoder().identity, ConceptEncoder().runtime)


def vectors_of(index: Path) -> bytes:
    folder = generations.live_generation(index).folder
    names = (generations.DENSE, generations.HEADINGS, generations.SENTENCES)
    files = [path for name in names for path in sorted((folder / name).rglob("*.npy"))]
    return b"".join(path.read_bytes() for path in files)


def left(index: Path) -> list[str]:
    return [path.name for path in index.glob(".embedded-*")]


def test_a_killed_first_ingest_goes_on_where_it_was(tmp_path: Path) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    write_many(corpus)
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(corpus), str(index)], cwd=ROOT)
    while not any(index.glob(".embedded-*/part-000002")):
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    there = len(kept(index))
    assert SLICE * 2 <= there < ARTICLES
    told = ingest(corpus, index, ConceptEncoder(), dry_run=True)
    assert told.embedded == ARTICLES - there
    encoder = PassageCounter()
    report = ingest(corpus, index, encoder)
    assert (report.articles, report.embedded) == (ARTICLES, ARTICLES - there)
    assert len(encoder.passages) == ARTICLES - there
    assert left(index) == []
    other = tmp_path / "other"
    ingest(corpus, other, ConceptEncoder())
    assert vectors_of(index) == vectors_of(other)


def test_what_was_embedded_before_an_error_is_not_embedded_again(tmp_path: Path) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    write_many(corpus)
    with pytest.raises(RuntimeError):
        ingest(corpus, index, PassageCounter(passage="Article 7:"))
    there = len(kept(index))
    assert there % SLICE == 0 < there
    encoder = PassageCounter()
    assert ingest(corpus, index, encoder).embedded == len(encoder.passages) == ARTICLES - there


def test_headings_are_kept_too(tmp_path: Path) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    write_many(corpus)
    with pytest.raises(RuntimeError):
        ingest(corpus, index, PassageCounter(heading="Article 7"))
    there = len(kept(index))
    assert ARTICLES < there < 2 * ARTICLES
    encoder = PassageCounter()
    assert ingest(corpus, index, encoder).embedded == len(encoder.passages) == 0
    headings = [text for text in encoder.encoded if text.startswith("Article")]
    assert len(headings) == 2 * ARTICLES - there


def test_an_ingest_of_seconds_keeps_nothing_aside(
    corpus: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    monkeypatch.setattr(KeptAside, "write", lambda self: written.append(len(self)))
    ingest(corpus, index, ConceptEncoder())
    assert written == []
    monkeypatch.setattr(resume, "SECONDS_A_PART", 0.0)
    ingest(corpus, index, ConceptEncoder(), rebuild=True)
    assert written == [5, 10]  # after five passages, and after their five headings


def test_another_models_leftovers_are_ignored_and_removed(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    index.mkdir()
    other = KeptAside.of_model(index, ModelIdentity("other", "1", "", ""), "concepts")
    other.add(KEYS, VECTORS, SENTENCES)
    other.write()
    assert len(left(index)) == 1
    assert len(kept(index)) == 0
    assert ingest(corpus, index, encoder).embedded == 5
    assert left(index) == []


def test_leftovers_go_even_when_there_is_nothing_to_publish(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    ingest(corpus, index, encoder)
    write("new.md", "# New\n\nTape the arch.\n\n## Step two\n\nTape the heel.\n")
    with pytest.raises(RuntimeError):
        ingest(corpus, index, PassageCounter(heading="New › Step two"))
    assert len(left(index)) == 1
    (corpus / "new.md").unlink()
    assert ingest(corpus, index, encoder).embedded == 0
    assert left(index) == []


def test_a_rebuild_trusts_nothing_that_was_kept(corpus: Path, index: Path) -> None:
    index.mkdir()
    with pytest.raises(RuntimeError):
        ingest(corpus, index, PassageCounter(heading="Steroid injection › Does it help?"))
    assert len(kept(index)) == 5
    before = sorted(index.rglob("*"))
    told = ingest(corpus, index, ConceptEncoder(), dry_run=True, rebuild=True)
    assert sorted(index.rglob("*")) == before
    assert told.embedded == ingest(corpus, index, ConceptEncoder(), rebuild=True).embedded == 5


def test_parts_give_back_what_they_were_given(tmp_path: Path) -> None:
    aside = KeptAside(tmp_path / "aside")
    aside.add(KEYS[:1], VECTORS[:1], SENTENCES[:1])
    aside.write()
    aside.add(KEYS[1:], VECTORS[1:], SENTENCES[1:])
    for each in (aside, KeptAside(tmp_path / "aside")):
        assert KEYS[0] in each
    aside.write()
    again = KeptAside(tmp_path / "aside")
    for each in (aside, again):
        vectors, sentences = each.collect(KEYS[::-1])
        assert vectors.tobytes() == VECTORS[::-1].tobytes()
        assert [rows.tolist() for rows in sentences] == [[[5, 6]], [[1, 2], [3, 4]]]
    again.add([text_key("c")], VECTORS[:1], [np.empty((0, 0), np.int8)])
    again.write()
    assert sorted(path.name for path in (tmp_path / "aside").iterdir()) == [
        "part-000001",
        "part-000002",
        "part-000003",
    ]
    _, (none,) = KeptAside(tmp_path / "aside").collect([text_key("c")])
    assert len(none) == 0


@pytest.mark.parametrize("harm", ["torn", "changed", "empty", "strange"])
def test_a_part_that_is_not_what_was_written_is_passed_over(tmp_path: Path, harm: str) -> None:
    aside = KeptAside(tmp_path)
    for place in range(2):
        aside.add(KEYS[place : place + 1], VECTORS[place : place + 1], SENTENCES[place : place + 1])
        aside.write()
    first = tmp_path / "part-000001"
    data = first.read_bytes()
    changed = data[:-1] + bytes([data[-1] ^ 1])
    first.write_bytes(
        {"torn": data[:100], "changed": changed, "empty": b"", "strange": b"\x80\x04K\x01."}[harm]
    )
    again = KeptAside(tmp_path)
    assert [key in again for key in KEYS] == [False, True]
    assert again.collect(KEYS[1:])[0].tobytes() == VECTORS[1:].tobytes()
    with pytest.raises(IndexDamaged, match="part-000001' has changed on disk"):
        aside.collect(KEYS)


def test_a_text_cut_into_other_sentences_is_another_text() -> None:
    assert text_key("one. two.", [(0, 4), (5, 9)]) != text_key("one. two.", [(0, 9)])
    assert text_key("one.") == text_key("one.")
    assert len(text_key("one.")) == 16
