"""The page over an index on a server."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT
from tests.contract.milvus import MilvusServer
from treatment_search.address import ClusterAddress
from treatment_search.progress import Silence
from treatment_search.serving import publish_to


def page(monkeypatch: pytest.MonkeyPatch, index: str, state: Path, question: str) -> str:
    """Return all that the page holds, as it was written."""
    monkeypatch.setenv("TREATMENT_SEARCH_INDEX", index)
    monkeypatch.setenv("TREATMENT_SEARCH_STATE", str(state))
    app = AppTest.from_file(str(ROOT / "app.py"))
    app.query_params["q"] = question
    app.run(timeout=60)
    assert not app.exception
    return "\n".join(str(element.proto) for element in app.get("html"))


@pytest.mark.real_model
def test_a_question_is_answered_from_the_server(
    milvus: MilvusServer, real_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = ClusterAddress(milvus.uri, "page", real_index)
    publish_to(address, real_index, Silence())
    shown = page(monkeypatch, str(address), real_index, "who must not have needles in the calf")
    assert "Who should not" in shown


def test_an_address_that_is_none_is_said_on_the_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shown = page(monkeypatch, "milvus+http://localhost/no-name", tmp_path, "needle")
    assert "The search does not work right now" in shown
    assert "is no name for an index" in shown
