"""A server that dies, hangs, refuses or is full: the old generation answers, the next run goes on.

TREATMENT_SEARCH_FAULTS=1 kills the server at 20 moments instead of two, and whoever writes to it
before each call instead of every fifteenth.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.concepts import ConceptEncoder
from tests.contract.conftest import Index
from tests.contract.milvus import INSTALLED, NOT_TESTED, MilvusServer
from treatment_search.address import ClusterAddress
from treatment_search.engine import Engine
from treatment_search.errors import IndexDamaged, IndexProblem, IndexUnreachable
from treatment_search.records import SearchResult

if not INSTALLED:
    pytest.skip(NOT_TESTED, allow_module_level=True)

import grpc
from pymilvus import MilvusClient

from tests.contract.proxy import Proxy
from treatment_search.cluster import connection
from treatment_search.cluster.connection import AUTHORITY, TOKEN, Connection

Write = Callable[[str, str], Path]
QUESTIONS = ("needle in the calf", "edition", "doctor and blood thinners")
KILLS = 20 if os.environ.get("TREATMENT_SEARCH_FAULTS") else 2
MOMENTS = 1 if os.environ.get("TREATMENT_SEARCH_FAULTS") else 15


class Killed(BaseException):
    """What a test raises where a process would have died."""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "QUESTION_SECONDS", 2)
    monkeypatch.setattr(connection, "WRITING_SECONDS", 2)
    for name in (TOKEN, AUTHORITY):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[MilvusServer]:
    server = MilvusServer(tmp_path / "data")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def proxy(milvus: MilvusServer) -> Iterator[Proxy]:
    proxy = Proxy(milvus.uri)
    yield proxy
    proxy.stop()


def index_at(uri: str, tmp_path: Path, name: str) -> Index:
    folder = tmp_path / "served"
    return Index(folder, ClusterAddress(uri, name, folder))


def edit(write: Write, edition: int) -> None:
    """Write the articles of an edition, each of which says its number in each passage."""
    for name in "abc":
        text = f"edition number{edition} of the needle in article {name}"
        write(f"{name}.md", f"# Needle {name}\n\n## How {name}\n\nThe {text}.\n")


def edition_of(results: list[SearchResult]) -> int:
    """Return which edition answered, once it is sure that all of it did."""
    said = {
        word
        for result in results
        for hit in result.hits
        for word in hit.passage.passage.text.split()
        if word.startswith("number")
    }
    assert len({result.generation for result in results}) == 1
    (word,) = said
    return int(word.removeprefix("number"))


def asked(engine: Engine) -> list[SearchResult]:
    return [engine.search(question, 20) for question in QUESTIONS]


def same(some: list[SearchResult], others: list[SearchResult]) -> bool:
    """Return whether two lists of answers show the same."""

    def shown(results: list[SearchResult]) -> list[list[object]]:
        return [
            [(hit.passage, round(hit.score, 5), hit.band) for hit in result.hits]
            for result in results
        ]

    return shown(some) == shown(others)


def counting(monkeypatch: pytest.MonkeyPatch, at: Callable[[int], None]) -> list[int]:
    """Have `at` called before each call of the server, with its number; return how many."""
    calls = [0]
    ask = Connection.ask

    def counted(self: Connection, call: Any, *args: Any, **options: Any) -> Any:
        calls[0] += 1
        at(calls[0])
        return ask(self, call, *args, **options)

    monkeypatch.setattr(Connection, "ask", counted)
    return calls


def test_a_publishing_killed_at_any_moment_leaves_what_was_live_and_the_next_goes_on(
    milvus: MilvusServer,
    corpus: Path,
    tmp_path: Path,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served = index_at(milvus.uri, tmp_path, "killed_client")
    edit(write, 0)
    served.ingest(corpus)
    moment, edition, mixed = 0, 0, 0
    while True:
        moment += MOMENTS
        edition += 1
        edit(write, edition)

        def die(number: int, moment: int = moment) -> None:
            if number == moment:
                raise Killed

        with monkeypatch.context() as patch:
            counting(patch, die)
            try:
                served.ingest(corpus)
            except Killed:
                pass
            else:
                break
        found = edition_of(asked(served.engine()))
        mixed += found not in (edition - 1, edition)
        served.publish()
        assert edition_of(asked(served.engine())) == edition
    assert mixed == 0
    assert moment > 30
    folder = Engine(served.folder, encoder_for=lambda _: ConceptEncoder())
    assert same(asked(served.engine()), asked(folder))


def test_a_server_killed_while_it_is_written_to_has_lost_nothing_when_it_is_back(
    own_server: MilvusServer,
    corpus: Path,
    tmp_path: Path,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served = index_at(own_server.uri, tmp_path, "killed")
    edit(write, 0)
    with monkeypatch.context() as patch:
        calls = counting(patch, lambda number: None)
        served.ingest(corpus)
    for edition in range(1, KILLS + 1):
        edit(write, edition)
        moment = max(1, edition * calls[0] // (KILLS + 1))

        def kill(number: int, moment: int = moment) -> None:
            if number == moment:
                own_server.kill()

        with monkeypatch.context() as patch:
            counting(patch, kill)
            try:
                served.ingest(corpus)
                answering = {edition}  # killed when it was live, and the rest was tidied up
            except IndexUnreachable as error:
                assert "Run the same command again" in str(error)
                # The call that makes it live may have been carried out and never answered.
                answering = {edition - 1, edition}
        with pytest.raises(IndexUnreachable, match="Look whether it runs"):
            served.engine().search("needle")
        own_server.start()
        assert edition_of(asked(served.engine())) in answering
        served.publish()
        assert edition_of(asked(served.engine())) == edition
    folder = Engine(served.folder, encoder_for=lambda _: ConceptEncoder())
    assert same(asked(served.engine()), asked(folder))


def test_an_engine_that_lost_its_server_answers_when_it_is_back(
    own_server: MilvusServer, corpus: Path, tmp_path: Path
) -> None:
    served = index_at(own_server.uri, tmp_path, "lost")
    served.ingest(corpus)
    engine = served.engine()
    before = asked(engine)
    own_server.kill()
    started = time.monotonic()
    with pytest.raises(IndexUnreachable, match=r"lost.*within 2 s"):
        engine.search("needle")
    assert time.monotonic() - started < 30
    own_server.start()
    assert same(asked(engine), before)
    own_server.pause()  # its connections stay open, nothing answers
    try:
        with pytest.raises(IndexUnreachable, match="within 2 s"):
            engine.search("needle")
    finally:
        own_server.go_on()
    assert same(asked(engine), before)


def test_a_server_killed_in_the_middle_of_a_question_answers_it_when_it_is_back(
    own_server: MilvusServer,
    corpus: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served = index_at(own_server.uri, tmp_path, "asked")
    served.ingest(corpus)
    engine = served.engine()
    engine.search("needle")
    with monkeypatch.context() as patch:
        calls = counting(patch, lambda number: None)
        before = engine.search("needle")
    for kill in range(1, KILLS + 1):
        moment = max(1, kill * calls[0] // (KILLS + 1))

        def die(number: int, moment: int = moment) -> None:
            if number == moment:
                own_server.kill()

        with monkeypatch.context() as patch:
            counting(patch, die)
            with pytest.raises(IndexUnreachable):
                engine.search("needle")
        own_server.start()
        assert same([engine.search("needle")], [before])


def test_a_wrong_token_is_told_from_a_server_that_is_down(
    proxy: Proxy, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = index_at(proxy.uri, tmp_path, "guarded")
    proxy.token = "root:right"  # noqa: S105
    monkeypatch.setenv(TOKEN, "root:wrong")
    with pytest.raises(IndexUnreachable, match=f"refuses the token.*{TOKEN}") as refused:
        served.engine().search("needle")
    assert "wrong" not in str(refused.value)
    monkeypatch.setenv(TOKEN, "root:right")
    served.ingest(corpus)
    assert served.engine().search("needle").hits


@pytest.mark.parametrize(
    "code", [grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.PERMISSION_DENIED]
)
def test_a_full_or_read_only_server_keeps_what_it_has(
    proxy: Proxy, corpus: Path, tmp_path: Path, write: Write, code: grpc.StatusCode
) -> None:
    served = index_at(proxy.uri, tmp_path, f"full_{code.name.lower()}")
    edit(write, 0)
    served.ingest(corpus)
    edit(write, 1)
    proxy.refuse = lambda name: code if name == "Insert" else None
    with pytest.raises(IndexUnreachable):
        served.ingest(corpus)
    assert edition_of(asked(served.engine())) == 0
    proxy.refuse = lambda name: None
    served.publish()
    assert edition_of(asked(served.engine())) == 1


def test_a_slow_server_is_waited_for(proxy: Proxy, corpus: Path, tmp_path: Path) -> None:
    served = index_at(proxy.uri, tmp_path, "slow")
    served.ingest(corpus)
    engine = served.engine()
    before = engine.search("needle")
    proxy.delay = 0.1
    assert same([engine.search("needle")], [before])


def test_a_name_that_is_somebody_elses_is_left_alone(
    milvus: MilvusServer, corpus: Path, tmp_path: Path
) -> None:
    client = MilvusClient(milvus.uri)
    client.create_collection("theirs", dimension=4)
    client.create_alias("theirs", "taken")
    served = index_at(milvus.uri, tmp_path, "taken")
    with pytest.raises(IndexProblem, match="Use another name"):
        served.ingest(corpus)
    assert client.describe_alias("taken")["collection_name"] == "theirs"
    assert client.has_collection("theirs")


def test_generations_of_other_names_are_not_pruned(
    milvus: MilvusServer, corpus: Path, tmp_path: Path, write: Write
) -> None:
    one = index_at(milvus.uri, tmp_path / "one", "shelf")
    other = index_at(milvus.uri, tmp_path / "other", "shelf_g")
    for edition in range(4):
        edit(write, edition)
        one.ingest(corpus)
        if edition == 0:
            other.ingest(corpus)
    assert edition_of(asked(one.engine())) == 3
    assert edition_of(asked(other.engine())) == 0
    names = MilvusClient(milvus.uri).list_collections()
    assert len([name for name in names if name.startswith("shelf_g_2")]) == 2 * 4


@pytest.mark.parametrize("kind", ["passages", "headings", "articles", "parts"])
def test_a_generation_that_lost_a_part_says_so_and_is_written_anew(
    milvus: MilvusServer, corpus: Path, tmp_path: Path, kind: str
) -> None:
    served = index_at(milvus.uri, tmp_path, f"lost_{kind}")
    served.ingest(corpus)
    engine = served.engine()
    before = asked(engine)
    client = MilvusClient(milvus.uri)
    live = client.describe_alias(f"lost_{kind}")["collection_name"].removesuffix("passages")
    if kind == "passages":
        client.delete(f"{live}passages", filter="number == 0")
    else:
        client.drop_collection(f"{live}{kind}")
    with pytest.raises(IndexDamaged, match=f"lost_{kind}"):
        served.engine().search("needle")
    served.publish()
    assert same(asked(engine), before)
    assert same(asked(served.engine()), before)
