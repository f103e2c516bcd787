"""The compiled model: made, checked, kept, noticed when damaged, and run without torch."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ROOT
from treatment_search import compiled, publishing
from treatment_search.compiled import BATCH_TOKENS, batches, noted_model, open_compiled
from treatment_search.encoder import ModelEncoder, load_encoder
from treatment_search.engine import Engine
from treatment_search.errors import NotCompiled
from treatment_search.models import BUNDLED, ModelFiles, find_model
from treatment_search.reporting import as_json, as_text
from treatment_search.runtime import WINDOW, Encoded
from treatment_search.status import index_status
from treatment_search.vectors import Vectors

MADE_BY = {"format": "1", "openvino": "1.2", "processor": "a slow one"}


class Unsupported:
    """Stands in for the conversion of a model that cannot be converted; counts the attempts."""

    def __init__(self) -> None:
        self.attempts = 0

    def __call__(self, original: object) -> None:
        self.attempts += 1
        raise ValueError("no such operation\n  somewhere deep inside")


@pytest.fixture
def unsupported(monkeypatch: pytest.MonkeyPatch) -> Unsupported:
    converted = Unsupported()
    monkeypatch.setattr(compiled, "_converted", converted)
    monkeypatch.setattr(compiled, "_made_by", lambda: MADE_BY)
    return converted


@pytest.fixture
def files(tmp_path: Path) -> ModelFiles:
    """The bundled model with weights that are not worth reading."""
    folder = tmp_path / "model"
    shutil.copytree(find_model().folder, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    (folder / "model.safetensors").write_bytes(b"weights")
    return find_model(str(folder))


def prepared(files: ModelFiles, index: Path) -> ModelEncoder:
    encoder = ModelEncoder(files)
    with publishing.locked(index):
        encoder.prepare(index)
    return encoder


def reason_not_to_run(index: Path, files: ModelFiles) -> str:
    with pytest.raises(NotCompiled) as caught:
        open_compiled(index, files)
    return str(caught.value)


def folders_in(index: Path) -> list[str]:
    return sorted(path.name for path in index.glob(".*"))


# Batches


def test_a_batch_holds_texts_of_about_one_length_and_so_many_tokens() -> None:
    assert BATCH_TOKENS == 4096
    lengths = [3, 2048, 5000, 1024, 1500, 2]
    # Alone, as it is too long; 2 x 2048 fill a batch; 3 is less than half of 1024; 2 x 2 is not
    # less than 3.
    assert list(batches(lengths)) == [[2], [1, 4], [3], [0, 5]]


def test_batches_have_every_text_once_and_stay_in_their_window() -> None:
    lengths = [1 + n % 7 for n in range(WINDOW + 5)]
    rows = [row for batch in batches(lengths) for row in batch]
    assert sorted(rows) == list(range(WINDOW + 5))
    assert sorted(rows[WINDOW:]) == list(range(WINDOW, WINDOW + 5))
    assert list(batches([])) == []


# How near it comes


def one(row: int, vector: list[float], states: list[list[float]]) -> Encoded:
    return Encoded(row, np.array(vector, np.float32), np.array(states, np.float32))


def test_the_lowest_cosine_counts_of_texts_and_of_tokens() -> None:
    wanted = [one(0, [1, 0], [[2, 0], [0, 1]]), one(1, [0, 1], [[1, 0]])]
    got = [one(1, [0, 9], [[4, 3]]), one(0, [0.6, 0.8], [[1, 0], [0, 1]])]
    # Texts: 0.6 and 1. Tokens: 1, 1 and 4 / 5.
    assert compiled._lowest_cosines(wanted, got) == pytest.approx((0.6, 0.8))


def test_a_model_that_reads_other_tokens_is_not_the_same() -> None:
    with pytest.raises(ValueError, match="other tokens"):
        compiled._lowest_cosines([one(0, [1], [[1], [1]])], [one(0, [1], [[1]])])


# What cannot be compiled


def test_what_cannot_be_compiled_is_told_and_not_tried_again(
    files: ModelFiles, index: Path, unsupported: Unsupported
) -> None:
    for _ in range(2):
        encoder = prepared(files, index)
        assert encoder.runtime == "sentence-transformers"
        assert encoder.why_original == "it cannot be compiled: no such operation"
    assert unsupported.attempts == 1
    (folder,) = index.glob(".compiled-*")
    assert [path.name for path in folder.iterdir()] == ["record.json"]


def test_another_version_or_processor_tries_again(
    files: ModelFiles, index: Path, unsupported: Unsupported, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(files, index)
    monkeypatch.setattr(compiled, "_made_by", lambda: {**MADE_BY, "processor": "a quick one"})
    assert reason_not_to_run(index, files) == (
        "it was compiled by another version or processor; the next ingest makes it anew"
    )
    prepared(files, index)
    assert unsupported.attempts == 2


def test_a_disk_that_takes_no_more_is_no_reason_to_fail(
    files: ModelFiles, index: Path, unsupported: Unsupported, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(index: Path, files: ModelFiles) -> None:
        (index / ".staging-compiled-1").mkdir()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(compiled, "make_compiled", full)
    encoder = prepared(files, index)
    assert encoder.runtime == "sentence-transformers"
    assert encoder.why_original == "the disk said no: No space left on device"
    assert folders_in(index) == []


def test_without_an_index_folder_nothing_keeps_it_compiled(files: ModelFiles) -> None:
    encoder = ModelEncoder(files)
    assert encoder.runtime == "sentence-transformers"
    assert encoder.why_original == "no index folder keeps it compiled"


def test_the_compiled_model_of_another_model_is_removed(
    files: ModelFiles, index: Path, unsupported: Unsupported
) -> None:
    prepared(files, index)
    before = folders_in(index)
    (files.folder / "model.safetensors").write_bytes(b"other weights")
    prepared(find_model(str(files.folder)), index)
    assert len(folders_in(index)) == 1
    assert folders_in(index) != before


# What is noted of a model's files


def test_files_of_the_same_size_and_time_are_not_read_again(
    files: ModelFiles, index: Path, unsupported: Unsupported
) -> None:
    prepared(files, index)
    noted = noted_model(index, files)
    assert noted is not None
    assert (noted.identity, noted.languages) == (files.identity, ("en",))
    encoder = load_encoder(files.name, index)
    path = files.folder / "model.safetensors"
    path.write_bytes(b"WEIGHTS, and more")  # believed already, so this is not looked at
    assert encoder.identity == files.identity


@pytest.mark.parametrize("name", ["model.safetensors", "1_Pooling/config.json", "README.md"])
def test_a_file_with_another_time_is_looked_at_again(
    files: ModelFiles, index: Path, unsupported: Unsupported, name: str
) -> None:
    prepared(files, index)
    path = files.folder / name
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1_000))
    assert noted_model(index, files) is None
    assert load_encoder(files.name, index).identity == files.identity


def test_a_record_that_cannot_be_read_is_named(
    files: ModelFiles, index: Path, unsupported: Unsupported
) -> None:
    prepared(files, index)
    (record,) = index.glob(".compiled-*/record.json")
    record.write_text("{")
    assert reason_not_to_run(index, files) == (
        f"'{record}' cannot be read; the next ingest makes it anew"
    )
    assert noted_model(index, files) is None


# The real one

pytest_real = pytest.mark.real_model


@pytest.fixture
def copied(real_index: Path, tmp_path: Path) -> Path:
    index = tmp_path / "copied"
    shutil.copytree(real_index, index)
    return index


def weights_of(index: Path) -> Path:
    (path,) = index.glob(".compiled-*/model.bin")
    return path


def damaged(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))


@pytest_real
def test_the_first_ingest_compiles_and_records_how_near_it_comes(real_index: Path) -> None:
    (folder,) = real_index.glob(".compiled-*")
    record = json.loads((folder / "record.json").read_text("utf-8"))
    assert sorted(path.name for path in folder.iterdir()) == [
        "model.bin",
        "model.xml",
        "record.json",
    ]
    assert all(0.999 <= cosine <= 1.001 for cosine in record["cosines"])
    assert len(record["cosines"]) == 2
    status = index_status(real_index)
    runtime = f"OpenVINO {record['made_by']['openvino']}, {record['precision']}"
    assert (status.runtime, status.why_original) == (runtime, None)
    assert as_json(status)["runtime"] == runtime
    assert f"  questions are read by: {runtime}\n" in as_text(status)


@pytest_real
def test_vectors_that_are_not_near_enough_are_refused(real_index: Path) -> None:
    files = find_model()
    record, *_ = compiled._sound(real_index, files.identity)
    runtime = open_compiled(real_index, files)
    assert record.runtime == runtime.name

    class Opposite:
        def run(self, texts: list[str], prompt: str, *, tokens: bool) -> list[Encoded]:
            got = runtime.run(texts, prompt, tokens=tokens)
            return [replace(each, vector=-each.vector) for each in got]

    with pytest.raises(ValueError, match=r"as near as -(1\.0|0\.99)\d+ only"):
        compiled._checked(weights_of(real_index).parent, files, Opposite())  # type: ignore[arg-type]


@pytest_real
@pytest.mark.parametrize("name", ["model.bin", "model.xml"])
def test_a_damaged_file_is_named_and_sentence_transformers_answers(copied: Path, name: str) -> None:
    path = weights_of(copied).with_name(name)
    damaged(path)
    reason = f"'{path}' has changed on disk; the next ingest makes it anew"
    encoder = load_encoder(BUNDLED, copied)
    assert (encoder.runtime, encoder.why_original) == ("sentence-transformers", reason)
    status = index_status(copied)
    assert (status.runtime, status.why_original) == ("sentence-transformers", reason)
    assert f"sentence-transformers ({reason})" in as_text(status)
    (first,) = Engine(copied).search("thin needles put into tight muscles", 1).hits
    assert first.passage.passage.article_id == "dry-needling.md"


@pytest_real
def test_a_file_that_is_gone_is_named(copied: Path) -> None:
    path = weights_of(copied)
    path.unlink()
    assert reason_not_to_run(copied, find_model()) == (
        f"'{path}' cannot be read; the next ingest makes it anew"
    )


@pytest_real
def test_many_threads_get_what_one_gets(real_index: Path) -> None:
    encoder = load_encoder(BUNDLED, real_index)
    questions = [f"does it hurt after {n} days of rest" for n in range(24)]

    def asked(question: str) -> Vectors:
        return encoder.encode_questions([question])

    alone = [asked(question) for question in questions]
    with ThreadPoolExecutor(8) as threads:
        assert all(map(np.array_equal, threads.map(asked, questions), alone))


@pytest_real
def test_openvino_was_used_by_one_thread_before_many_may(
    real_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its first inference holds what another thread's would wait for while that one holds the
    # interpreter: of thirty pages that were asked while they started, one or two never answered.
    alone: list[bool] = []
    infer = compiled.CompiledRuntime._infer

    def is_free() -> bool:
        free = compiled._first_use.acquire(blocking=False)
        if free:
            compiled._first_use.release()
        return free

    def watched(self: compiled.CompiledRuntime, read: object) -> object:
        with ThreadPoolExecutor(1) as another:
            alone.append(not another.submit(is_free).result())
        return infer(self, read)  # type: ignore[arg-type]

    monkeypatch.setattr(compiled.CompiledRuntime, "_infer", watched)
    runtime = open_compiled(real_index, find_model())
    assert alone == [True]
    list(runtime.run(["heel"], "", tokens=False))
    assert alone == [True, False]


WATCHED = """
import sys
told = []
def heard(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"):
        told.append((event, repr(arguments)))
sys.addaudithook(heard)
"""
SEARCH = """
from pathlib import Path
from treatment_search.__main__ import main
main(["search", "thin needles put into tight muscles", "--json", "--index", sys.argv[1]],
     standalone_mode=False)
names = ("torch", "sentence_transformers", "transformers", "huggingface_hub", "openvino_telemetry")
print([name for name in names if sys.modules.get(name)], "openvino" in sys.modules, told)
"""
INGEST = """
from ingest import main as ingest
ingest(["--corpus", sys.argv[2], "--index", sys.argv[1], "--json"], standalone_mode=False)
"""


def child(program: str, *arguments: str, home: Path) -> list[str]:
    """Run a program in a process of its own, see that it ends well, and return its lines."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert list(home.iterdir()) == []  # openvino's statistics would keep a folder here
    return done.stdout.splitlines()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest_real
def test_a_question_needs_no_torch_and_no_network(real_index: Path, home: Path) -> None:
    answer, loaded = child(WATCHED + SEARCH, str(real_index), home=home)
    assert json.loads(answer)["hits"][0]["article_id"] == "dry-needling.md"
    assert loaded == "[] True []"


@pytest_real
def test_an_ingest_compiles_anew_what_was_damaged_and_tells_nobody(
    copied: Path, starter_articles: Path, home: Path
) -> None:
    path = weights_of(copied)
    before = path.read_bytes()
    damaged(path)
    _, answer, loaded = child(
        WATCHED + INGEST + SEARCH, str(copied), str(starter_articles), home=home
    )
    assert weights_of(copied).read_bytes() == before
    assert json.loads(answer)["hits"][0]["article_id"] == "dry-needling.md"
    assert loaded.endswith(" True []")
    assert index_status(copied).why_original is None
    assert [name for name in folders_in(copied) if ".compiled-" not in name] == []


@pytest_real
def test_an_ingest_that_finds_it_compiled_needs_no_torch(
    copied: Path, starter_articles: Path, tmp_path: Path, home: Path
) -> None:
    corpus = tmp_path / "corpus"
    shutil.copytree(starter_articles, corpus)
    (corpus / "new.md").write_text("# Cupping\n\n## What it is\n\nCups draw the skin up.\n")
    report, _, loaded = child(WATCHED + INGEST + SEARCH, str(copied), str(corpus), home=home)
    assert json.loads(report)["embedded"] == 1
    # The model's card is read with huggingface_hub; nothing of torch is there.
    assert loaded == "['huggingface_hub'] True []"
