"""Every back end of an index, so that one suite holds for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.concepts import ConceptEncoder
from tests.contract.milvus import INSTALLED, NOT_TESTED, MilvusServer
from treatment_search.address import ClusterAddress, IndexAddress
from treatment_search.engine import Engine
from treatment_search.ingestion import ingest
from treatment_search.progress import Silence
from treatment_search.records import IngestReport
from treatment_search.serving import publish_to, roll_back

_NUMBERS = count()


@dataclass(frozen=True)
class Index:
    """One index of a test: a folder, and for a back end of servers where it is served."""

    folder: Path
    address: IndexAddress
    encoder: ConceptEncoder = field(default_factory=ConceptEncoder)

    def ingest(self, corpus: Path, **options: Any) -> IngestReport:
        """Make the index true to a folder of articles."""
        report = ingest(corpus, self.folder, self.encoder, **options)
        self.publish()
        return report

    def publish(self) -> None:
        """Have the live generation of the folder answer."""
        if isinstance(self.address, ClusterAddress):
            publish_to(self.address, self.folder, Silence())

    def engine(self, encoder: ConceptEncoder | None = None) -> Engine:
        return Engine(self.address, encoder_for=lambda _: encoder or self.encoder)

    def roll_back(self) -> str:
        return roll_back(self.address)


@pytest.fixture(scope="session")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusServer]:
    """The server that the tests share; a test that kills one starts its own."""
    if not INSTALLED:
        pytest.skip(NOT_TESTED)
    server = MilvusServer(tmp_path_factory.mktemp("milvus") / "data")
    server.start()
    yield server
    server.kill()


@pytest.fixture(params=["folder", "milvus"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Index:
    """An index with nothing in it yet, on each back end."""
    folder = tmp_path / "served"
    if request.param == "folder":
        return Index(folder, folder)
    uri = request.getfixturevalue("milvus").uri
    return Index(folder, ClusterAddress(uri, f"test{next(_NUMBERS)}", folder))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it where it cannot be overlooked when half of the suite did not run."""
    if not INSTALLED:
        terminalreporter.write_line(NOT_TESTED, red=True)
