from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from treatment_search import watching
from treatment_search.errors import IndexBusy
from treatment_search.watching import watch

pytestmark = pytest.mark.usefixtures("uncalibrated")

PATIENCE = 30.0
# The command as it is, with the tests' model in place of the real one.
COMMAND = """
import sys
import ingest
from tests.concepts import ConceptEncoder
from treatment_search import watching
watching.QUIET_SECONDS = watching.LOOKING_SECONDS = 0.1
encoder = ConceptEncoder()
ingest.encoder_for_index = lambda index, model, loaded: encoder
ingest.main(sys.argv[1:], prog_name="ingest.py")
"""


class Watched:
    """A watch over a folder in a thread; `ingests` counts its calls, `wrong` raises in the next."""

    def __init__(self, corpus: Path) -> None:
        self.ingests = 0
        self.wrong: list[Exception] = []
        self.told: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=watch,
            args=(corpus, self._ingest, lambda error: self.told.append(str(error))),
            kwargs={"stop": self._stop},
        )

    def __enter__(self) -> Watched:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    def _ingest(self) -> None:
        self.ingests += 1
        if self.wrong:
            raise self.wrong.pop()


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "QUIET_SECONDS", 0.2)
    monkeypatch.setattr(watching, "LOOKING_SECONDS", 0.1)


def test_it_ingests_at_once_and_again_after_a_change(corpus: Path) -> None:
    with Watched(corpus) as watched:
        until(lambda: watched.ingests == 1)
        (corpus / "jabs" / "new.md").write_text("# New\n\nText.\n", "utf-8")
        until(lambda: watched.ingests == 2)
        (corpus / "needling.md").unlink()
        until(lambda: watched.ingests == 3)
    assert watched.told == []


def test_many_changes_are_gathered(corpus: Path) -> None:
    with Watched(corpus) as watched:
        until(lambda: watched.ingests == 1)
        for number in range(50):
            (corpus / f"{number}.md").write_text("# New\n\nText.\n", "utf-8")
        until(lambda: watched.ingests > 1)
        time.sleep(0.5)
        assert watched.ingests < 10  # on a busy machine a pause can look like the end


def test_hidden_files_are_no_change(corpus: Path) -> None:
    with Watched(corpus) as watched:
        until(lambda: watched.ingests == 1)
        (corpus / ".draft.md.swp").write_text("x", "utf-8")
        (corpus / ".git").mkdir()
        (corpus / ".git" / "index").write_text("x", "utf-8")
        time.sleep(0.6)
        assert watched.ingests == 1


def test_a_failed_ingest_is_told_once_and_the_watch_goes_on(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    watched = Watched(corpus)
    watched.wrong = [RuntimeError("a defect"), IndexBusy("busy"), IndexBusy("busy")]
    with watched:
        for turn in (1, 2, 3, 4):
            until(lambda turn=turn: watched.ingests == turn)
            (corpus / "new.md").write_text(f"# New\n\nText {turn}.\n", "utf-8")
        until(lambda: watched.ingests == 5)
    assert watched.told == ["busy", "a defect"]
    assert "RuntimeError: a defect" in capsys.readouterr().err


def test_what_failed_is_tried_again_without_a_change(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "RETRY_SECONDS", 0.2)
    watched = Watched(corpus)
    watched.wrong = [IndexBusy("busy"), IndexBusy("busy")]
    with watched:
        until(lambda: watched.ingests == 3)
        time.sleep(0.6)
        assert watched.ingests == 3
    assert watched.told == ["busy"]


def test_a_folder_that_vanishes_is_waited_for(corpus: Path, tmp_path: Path) -> None:
    with Watched(corpus) as watched:
        until(lambda: watched.ingests == 1)
        corpus.rename(tmp_path / "elsewhere")
        waiting = f"no folder '{corpus}'. Waiting until it is there"
        until(lambda: watched.told == [waiting])
        (tmp_path / "elsewhere").rename(corpus)
        until(lambda: watched.ingests == 2)
        (corpus / "needling.md").unlink()
        until(lambda: watched.ingests == 3)
        shutil.rmtree(corpus)
        until(lambda: watched.told == [waiting, waiting])
    assert watched.ingests >= 3


def test_another_folder_in_its_place_is_watched(corpus: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(corpus, other)
    with Watched(corpus) as watched:
        until(lambda: watched.ingests == 1)
        corpus.rename(tmp_path / "before")
        other.rename(corpus)
        until(lambda: watched.ingests == 2)
        (corpus / "new.md").write_text("# New\n\nText.\n", "utf-8")
        until(lambda: watched.ingests == 3)


def test_a_watch_can_begin_before_there_is_a_folder(tmp_path: Path) -> None:
    corpus = tmp_path / "later"
    with Watched(corpus) as watched:
        until(lambda: len(watched.told) == 1)
        assert watched.ingests == 0
        corpus.mkdir()
        until(lambda: watched.ingests == 1)


# The command


@pytest.fixture
def command(corpus: Path, index: Path) -> Iterator[subprocess.Popen[str]]:
    arguments = ["--corpus", str(corpus), "--index", str(index), "--watch", "--json"]
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        yield process
        process.kill()


def test_the_command_reports_a_line_each_time_and_ctrl_c_ends_it_well(
    corpus: Path, index: Path, command: subprocess.Popen[str]
) -> None:
    assert command.stdout is not None
    first = json.loads(command.stdout.readline())
    assert (first["added"], first["moved"]) == (3, [])
    (corpus / "needling.md").rename(corpus / "needles.md")
    (corpus / "bad.md").write_bytes(bytes(range(32)) * 50)
    second = json.loads(command.stdout.readline())
    assert second["moved"] == [{"from": "needling.md", "to": "needles.md"}]
    assert (second["added"], second["removed"], second["embedded"]) == (0, 0, 0)
    assert [note["path"] for note in second["skipped"]] == ["bad.md"]
    os.killpg(command.pid, signal.SIGINT)
    out, err = command.communicate(timeout=PATIENCE)
    assert (command.returncode, out, err) == (0, "", "")
    assert (index / "CURRENT").read_text("ascii").strip() == second["generation"]


def test_watching_and_rebuilding_exclude_each_other(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "--watch", "--rebuild", "--index", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "--rebuild first" in done.stderr
