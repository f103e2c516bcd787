"""An index goes to a server and back as it is, and nothing is embedded for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.concepts import ConceptEncoder
from tests.contract.conftest import Index
from tests.contract.milvus import MilvusServer
from tests.test_amending import article
from treatment_search import amending
from treatment_search.address import ClusterAddress, index_address
from treatment_search.copying import copy_index
from treatment_search.engine import Engine
from treatment_search.errors import IndexNotBuilt, IndexProblem
from treatment_search.ingestion import ingest
from treatment_search.progress import Silence

Write = Callable[[str, str], Path]
QUESTIONS = ("needle in the calf", "stretch for a heel spur in the morning", "who sees a doctor")


class Mute(ConceptEncoder):
    """Reads questions and no passage."""

    def encode_passages(self, *args: object) -> object:  # type: ignore[override]
        raise AssertionError("a passage was embedded")

    encode_texts = encode_passages  # type: ignore[assignment]


def shown(engine: Engine) -> list[object]:
    results = [engine.search(question, 20) for question in QUESTIONS]
    return [
        (
            [
                (one.passage.passage, one.passage.role, one.band, one.sentence, one.words, one.why)
                for one in result.hits
            ],
            result.facets,
            result.verdict,
        )
        for result in results
    ]


def scores(engine: Engine) -> list[list[float]]:
    return [[hit.score for hit in engine.search(question, 20).hits] for question in QUESTIONS]


@pytest.mark.parametrize("with_holes", [False, True])
def test_what_goes_there_and_back_answers_the_same(
    milvus: MilvusServer,
    corpus: Path,
    tmp_path: Path,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    with_holes: bool,
) -> None:
    for number in range(40):
        write(f"{number:02}.md", article(number))
    folder = tmp_path / "served"
    ingest(corpus, folder, ConceptEncoder())
    if with_holes:
        monkeypatch.setattr(amending, "AMENDED_FROM", 1)
        (corpus / "07.md").unlink()
        write("11.md", article(11, edition=2))
        ingest(corpus, folder, ConceptEncoder())
    address = ClusterAddress(milvus.uri, f"round{with_holes}", folder)
    served = Index(folder, address, Mute())
    served.publish()
    back = tmp_path / "back"
    copy_index(address, back, Silence())
    there, here = served.engine(), Engine(back, encoder_for=lambda _: Mute())
    if not with_holes:  # written whole, articles have other numbers, and ties another order
        assert shown(here) == shown(there)
    for some, others in zip(scores(here), scores(there), strict=True):
        assert some == pytest.approx(others, abs=1e-6)
    before = Engine(folder, encoder_for=lambda _: Mute())
    assert here.catalogue() == there.catalogue() == before.catalogue()
    for entry in before.catalogue():
        assert here.article(entry.article_id) == before.article(entry.article_id)
        assert there.article(entry.article_id) == before.article(entry.article_id)
        own = [one.passage for one in before.passages_of(entry.article_id)]
        assert [one.passage for one in here.passages_of(entry.article_id)] == own
    # The folder that came back is one like any other: what is known is not embedded again.
    monkeypatch.undo()
    report = ingest(corpus, back, Mute())
    assert (report.unchanged, report.embedded) == (len(before.catalogue()), 0)


def test_vectors_come_back_to_the_last_bit(
    milvus: MilvusServer, corpus: Path, tmp_path: Path
) -> None:
    served = Index(tmp_path / "one", ClusterAddress(milvus.uri, "bits", tmp_path / "one"))
    served.ingest(corpus)
    copy_index(served.address, tmp_path / "two", Silence())
    (first,), (second,) = (list((tmp_path / name).glob("g-*")) for name in ("one", "two"))
    for part in ("dense", "headings", "sentences", "references"):
        for path in sorted((first / part).rglob("*.npy")):
            other = second / path.relative_to(first)
            assert np.array_equal(np.load(path), np.load(other)), path


def test_only_a_folder_and_a_server_are_copied_to_each_other(tmp_path: Path) -> None:
    with pytest.raises(IndexProblem, match="one must be a folder"):
        copy_index(tmp_path / "a", tmp_path / "b", Silence())


def test_there_must_be_something_to_copy(milvus: MilvusServer, tmp_path: Path) -> None:
    address = index_address(f"milvus+{milvus.uri}/nothing", tmp_path / "state")
    with pytest.raises(IndexNotBuilt):
        copy_index(tmp_path / "none", address, Silence())
    with pytest.raises(IndexNotBuilt):
        copy_index(address, tmp_path / "none", Silence())
