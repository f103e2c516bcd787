"""The commands with an address, as a person runs them, with the real model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, run
from tests.contract.milvus import MilvusServer


@pytest.mark.real_model
def test_an_index_is_copied_asked_looked_at_and_left(
    milvus: MilvusServer, real_index: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    address = f"milvus+{milvus.uri}/commands"
    monkeypatch.setenv("TREATMENT_SEARCH_STATE", str(tmp_path / "state"))
    program = ("-m", "treatment_search")
    copied = run(*program, "copy", "--from", str(real_index), "--to", address)
    assert (copied.returncode, copied.stderr) == (0, "")
    question = "who must not have needles put in the calf"
    results = [
        json.loads(run(*program, "search", question, "--index", index, "--json").stdout)
        for index in (address, str(real_index))
    ]
    one, other = ({**result, "milliseconds": 0, "hits": None} for result in results)
    assert one == other
    hits = [[(h["article_id"], h["start"], h["band"]) for h in r["hits"]] for r in results]
    assert hits[0] == hits[1] != []
    status = json.loads(run(*program, "status", "--index", address, "--json").stdout)
    assert status["generation"] == results[0]["generation"]
    assert [one["is_live"] for one in status["generations"]] == [True]
    shown = run(*program, "status", "--index", address).stdout
    assert f"passages on {address}" in shown
    refused = run(*program, "rollback", "--index", address)
    assert refused.returncode == 1
    assert "has no previous generation" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_an_address_that_is_none_or_nobodys_is_one_line() -> None:
    for address in ("milvus+http://u:p@localhost/x", "milvus+ftp://localhost/x"):
        done = run("-m", "treatment_search", "search", "needle", "--index", address)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    done = run("ingest.py", "--index", "milvus+http://localhost/no-name")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


def test_without_the_library_it_is_said_what_to_install() -> None:
    program = (
        "import sys; sys.modules['pymilvus'] = None\n"
        "from treatment_search.__main__ import main\n"
        "main(['search', 'needle', '--index', 'milvus+http://localhost/shelf'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "pip install -r requirements-cluster.txt" in done.stderr
    assert done.stderr.count("\n") == 1
