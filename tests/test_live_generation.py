"""Which generation and which model an engine answers from, while both change under it."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.concepts import ConceptEncoder
from treatment_search import generations, live, publishing
from treatment_search.encoder import Encoder
from treatment_search.engine import Engine
from treatment_search.errors import (
    IndexDamaged,
    IndexNotBuilt,
    IndexOutdated,
    TreatmentSearchError,
)
from treatment_search.ingestion import ingest
from treatment_search.models import ModelIdentity
from treatment_search.records import Mode, SearchResult, Verdict
from treatment_search.vectors import Vectors

pytestmark = pytest.mark.usefixtures("uncalibrated")

Write = Callable[[str, str], Path]


def texts(result: SearchResult) -> list[str]:
    return [hit.passage.passage.text for hit in result.hits]


# Which generation


def test_without_an_index_the_command_is_named(index: Path, encoder: ConceptEncoder) -> None:
    with pytest.raises(IndexNotBuilt, match=r"Run: python ingest\.py") as caught:
        Engine(index, encoder_for=lambda _: encoder).search("needle")
    assert str(index) in str(caught.value)
    assert not index.exists()


def test_an_engine_made_before_the_index_answers_once_there_is_one(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    engine = Engine(index, encoder_for=lambda _: encoder)
    with pytest.raises(IndexNotBuilt):
        engine.search("needle")
    ingest(corpus, index, encoder)
    assert engine.search("needle").hits


def test_a_new_generation_answers_the_next_question(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    first = ingest(corpus, index, encoder)
    engine = Engine(index, encoder_for=lambda _: encoder)
    price = "A visit has its price."
    before = engine.search("money")
    assert price not in texts(before)
    write("price.md", "# What it costs\n\nA visit has its price.\n")
    report = ingest(corpus, index, encoder)
    after = engine.search("money")
    assert texts(after)[:1] == [price]
    assert (before.generation, after.generation) == (first.generation, report.generation)
    assert engine.manifest.articles == 4
    publishing.roll_back(index)
    assert price not in texts(engine.search("money"))


def test_a_question_ends_in_the_generation_it_began_in_though_that_is_pruned(
    corpus: Path, index: Path, write: Write
) -> None:
    class SlowModel(ConceptEncoder):
        """While it encodes the question, two ingests replace the index twice."""

        def encode_questions(self, texts: Sequence[str]) -> Vectors:
            if not later:
                for edition in ("second", "third"):
                    write("stretching.md", f"# Stretching\n\nThe {edition} needle edition.\n")
                    later.append(ingest(corpus, index, ConceptEncoder()).generation)
            return super().encode_questions(texts)

    later: list[str] = []
    first = ingest(corpus, index, ConceptEncoder()).generation
    engine = Engine(index, encoder_for=lambda _: SlowModel())
    result = engine.search("doctor")
    assert not (index / first).exists()
    assert result.generation == first
    assert "Pain in the morning is normal at first. See a doctor when it stays." in texts(result)
    assert engine.search("pins").generation == later[-1]


def test_threads_that_ask_while_the_corpus_changes_never_see_a_mixture(
    tmp_path: Path, index: Path, encoder: ConceptEncoder
) -> None:
    corpus = tmp_path / "changing"
    corpus.mkdir()
    version_of: dict[str, int] = {}

    def text(article: int, version: int) -> str:
        # Longer from version to version, so that offsets of one do not fit another.
        return f"{'Wait. ' * version}The needle of edition {version} goes into calf {article}."

    def publish(version: int) -> None:
        for article in range(6):
            body = f"# Calf {article}\n\n{text(article, version)}\n"
            (corpus / f"{article}.md").write_text(body, "utf-8")
        version_of[ingest(corpus, index, encoder).generation] = version

    publish(0)
    engine = Engine(index, encoder_for=lambda _: ConceptEncoder())
    stop = threading.Event()
    answers: list[list[SearchResult]] = [[] for _ in range(8)]
    errors: list[BaseException] = []

    def ask(mine: list[SearchResult]) -> None:
        try:
            while not stop.is_set():
                mine.append(engine.search("needle edition", 6))
                time.sleep(0.003)  # let the ingest have a turn
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=ask, args=(mine,)) for mine in answers]
    for thread in threads:
        thread.start()
    for version in range(1, 7):
        publish(version)
    deadline = time.monotonic() + 5
    last = generations.current_name(index)
    while time.monotonic() < deadline and not errors:
        if all(mine and mine[-1].generation == last for mine in answers):
            break
        time.sleep(0.01)
    stop.set()
    for thread in threads:
        thread.join()

    assert errors == []
    everything = [result for mine in answers for result in mine]
    assert len({result.generation for result in everything}) > 2
    assert all(mine[-1].generation == last for mine in answers)
    for result in everything:
        version = version_of[result.generation]
        assert len(result.hits) == 6
        for hit in result.hits:
            passage = hit.passage.passage
            whole = text(int(passage.article_id[0]), version)
            assert passage.text == whole[passage.start : passage.end] == whole


def test_a_damaged_index_is_said_with_the_way_out(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    generation = ingest(corpus, index, encoder).generation
    (index / generation / generations.DENSE / "numbers.npy").unlink()
    with pytest.raises(IndexDamaged, match=r"dense/numbers\.npy.*rollback"):
        Engine(index, encoder_for=lambda _: encoder).search("needle")


def test_an_index_lost_under_an_open_engine_is_said(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    ingest(corpus, index, encoder)
    engine = Engine(index, encoder_for=lambda _: encoder)
    assert engine.search("needle").hits
    shutil.rmtree(index)
    with pytest.raises(IndexNotBuilt):
        engine.search("needle")


def test_a_large_generation_answers_at_once_and_is_checked_behind_it(
    corpus: Path,
    index: Path,
    encoder: ConceptEncoder,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = ingest(corpus, index, encoder)
    write("price.md", "# What it costs\n\nA visit has its price.\n")
    second = ingest(corpus, index, encoder)
    monkeypatch.setattr(live, "CHECKED_FIRST", 0)
    timers: list[tuple[float, Callable[[], None]]] = []
    monkeypatch.setattr(
        live.threading, "Timer", lambda after, do, given: _Timer(timers, after, do, given)
    )
    # The size of the file stays, and what is damaged is not read by the question.
    (path,) = (index / second.generation / generations.SENTENCES / "rows").iterdir()
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    engine = Engine(index, encoder_for=lambda _: encoder)
    assert engine.search("money", mode=Mode.KEYWORD).generation == second.generation
    ((after, check),) = timers
    assert after == live.CHECKED_AFTER_SECONDS
    check()
    result = engine.search("money")
    assert result.generation == first.generation
    assert result.warning is not None
    assert f"{path.name}' has changed on disk" in result.warning


class _Timer:
    """Keeps what is to be done later for the test to do."""

    def __init__(
        self,
        kept: list[tuple[float, Callable[[], None]]],
        after: float,
        do: Callable[..., None],
        given: list[object],
    ) -> None:
        self.daemon = False
        self.start = lambda: kept.append((after, lambda: do(*given)))


# Which model


def test_another_model_than_the_index_was_made_with_is_refused(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    ingest(corpus, index, encoder)
    engine = Engine(index, encoder_for=lambda _: ConceptEncoder(version="2"))
    with pytest.raises(IndexOutdated, match=r"concepts.*Run: python ingest\.py"):
        engine.search("needle")


def test_the_model_is_asked_for_once_and_again_when_the_index_changes_its_model(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    wanted: list[str] = []

    def encoder_for(identity: ModelIdentity) -> Encoder:
        wanted.append(identity.fingerprint)
        return ConceptEncoder(version=identity.fingerprint)

    ingest(corpus, index, encoder)
    engine = Engine(index, encoder_for=encoder_for)
    engine.warm()
    engine.search("needle")
    engine.search("doctor")
    assert wanted == ["1"]
    ingest(corpus, index, ConceptEncoder(version="2"))
    assert engine.search("needle").hits
    assert wanted == ["1", "2"]


def test_keyword_mode_and_reading_need_no_model(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    def no_model(_: ModelIdentity) -> Encoder:
        raise TreatmentSearchError("the model was asked for")

    ingest(corpus, index, encoder)
    engine = Engine(index, encoder_for=no_model)
    assert len(engine.search("needles", mode=Mode.KEYWORD).hits) == 2
    assert engine.article("needling.md") is not None
    assert engine.article("gone.md") is None
    assert engine.knows_words_of("needle")
    with pytest.raises(TreatmentSearchError, match="was asked for"):
        engine.search("needles")


def test_an_index_emptied_while_the_model_changed_answers_with_nothing(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    class Wider(ConceptEncoder):
        """A model with one axis more than the one the index was made with."""

        def encode_questions(self, texts: Sequence[str]) -> Vectors:
            return np.pad(super().encode_questions(texts), ((0, 0), (0, 1)))

    ingest(corpus, index, encoder)
    shutil.rmtree(corpus)
    corpus.mkdir()
    ingest(corpus, index, Wider(version="2"), allow_removal=True)
    engine = Engine(index, encoder_for=lambda _: Wider(version="2"))
    assert engine.search("needle").verdict is Verdict.NOTHING
