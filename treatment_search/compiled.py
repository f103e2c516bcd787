"""The model compiled once, so that neither questions nor ingest need torch; alone knows openvino.

    index/.compiled-<model>/model.xml, model.bin    the weights that sentence-transformers loads
    index/.compiled-<model>/record.json             what made them, and how near they come

It is made under the lock of the index, aside, and put in place by a rename. What is run is what
was read when the checksums were compared.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import sys
import threading
import warnings
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from treatment_search import durable
from treatment_search.errors import ModelProblem, NotCompiled
from treatment_search.models import ModelFiles, ModelIdentity, NotedModel
from treatment_search.original import SentenceTransformerRuntime
from treatment_search.runtime import Encoded, windows
from treatment_search.vectors import Vectors, unit

LEAST_COSINE = 0.999
# Tokens in a batch: 16 of the longest passages that the bundled model reads.
BATCH_TOKENS = 4096

_FORMAT = "1"
_FOLDER = ".compiled-"
_STAGING = ".staging-"  # what publishing.py removes when an ingest ends
_RECORD, _MODEL, _WEIGHTS = "record.json", "model.xml", "model.bin"
_ANEW = "the next ingest makes it anew"
# Questions, headings and passages of all lengths, in letters of one and of more bytes.
_SAMPLES = (
    "heel",
    "why does the first step in the morning hurt so much",
    "Plantar fasciitis › What helps: Stretch the calf three times a day.",
    "Café 🦶🏽: naïve feet, 12 mg/kg, p < 0.05 (95% CI 1.2–3.4), see https://example.org [3].",
    "Schmerzen in der Ferse am Morgen",
    "The therapist puts a thin needle into a tight muscle and moves it a little. " * 4,
    "People who take blood thinners ask a doctor before needling, and say so each time. " * 9,
    "A steroid injection helps for about a month; then the pain may come back. " * 60,
)

# At its first use openvino makes things ready while it waits for the interpreter: two threads that
# use it first at once can wait for each other for ever. So one at a time goes through that.
_first_use = threading.RLock()


@dataclass(frozen=True, slots=True)
class Record:
    """What a compiled model is: `files` the SHA-256 of each, `noted` sizes and times (models.py).

    `cosines` are the lowest to sentence-transformers in float32, of texts and of tokens;
    `refused` says why there is none, and the same versions on the same processor will not try
    again.
    """

    identity: ModelIdentity
    noted: dict[str, list[int]]
    languages: list[str]
    made_by: dict[str, str]
    checked_with: dict[str, str]
    precision: str = ""
    cosines: tuple[float, ...] = ()
    files: dict[str, str] | None = None
    refused: str | None = None

    @property
    def runtime(self) -> str:
        """Return what `status` calls it."""
        return f"OpenVINO {self.made_by['openvino']}, {self.precision}"


class CompiledRuntime:
    """The compiled model, loaded; safe to use from several threads."""

    def __init__(
        self, files: ModelFiles, name: str, model: bytes, weights: bytes, precision: str
    ) -> None:
        self.name = name
        self._files = files
        self._idle: list[Any] = []
        with _first_use:
            self._compile(model, weights, precision)
            list(self.run(_SAMPLES[:1], "", tokens=False))

    def _compile(self, model: bytes, weights: bytes, precision: str) -> None:
        core = _openvino().Core()
        settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision}
        compiled = core.compile_model(core.read_model(model, weights), "CPU", settings)
        self._inputs = [port.get_any_name() for port in compiled.inputs]
        self.dimensions = int(compiled.outputs[0].partial_shape[1].get_length())
        self._compiled = [compiled]
        # One more than run at once, so that the next is ready; each holds megabytes.
        most = compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS") + 1
        self._turn = threading.BoundedSemaphore(most)
        # Left to the interpreter's last moments, openvino's threads may end the process with 134.
        weakref.finalize(self, _release, self._idle, self._compiled)

    def run(self, texts: Sequence[str], prompt: str, *, tokens: bool) -> Iterator[Encoded]:
        """Yield every text once; batches are packed by the number of tokens."""
        read = self._files.tokens([f"{prompt}{text}" for text in texts])
        for batch in batches([len(one.ids) for one in read]):
            vectors, states = self._infer([read[row] for row in batch])
            for place, row in enumerate(batch):
                kept = len(read[row].ids) if tokens else 0
                yield Encoded(row, vectors[place], states[place, :kept], read[row].offsets[:kept])

    def _infer(self, read: Sequence[Any]) -> tuple[Vectors, Vectors]:
        shape = (len(read), max(len(one.ids) for one in read))
        features = {
            "input_ids": np.full(shape, self._files.padding, np.int64),
            "attention_mask": np.zeros(shape, np.int64),
            "token_type_ids": np.zeros(shape, np.int64),
        }
        for row, one in enumerate(read):
            length = len(one.ids)
            features["input_ids"][row, :length] = one.ids
            features["attention_mask"][row, :length] = 1
            features["token_type_ids"][row, :length] = one.type_ids
        with self._turn:
            try:
                request = self._idle.pop()
            except IndexError:
                request = self._compiled[0].create_infer_request()
            try:
                request.infer([features[name] for name in self._inputs])
                vectors, states = (np.array(request.get_output_tensor(i).data) for i in range(2))
            finally:
                self._idle.append(request)
        return vectors, states


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield rows of texts of about one length, as many as BATCH_TOKENS hold, at least one.

    All are padded to the longest, so none is less than half as long: a story and its clauses go
    through the model apart.
    """
    for order in windows(lengths):
        first = 0
        while first < len(order):
            longest = lengths[order[first]]
            most = max(1, BATCH_TOKENS // max(1, longest))
            batch = [row for row in order[first : first + most] if 2 * lengths[row] >= longest]
            yield batch
            first += len(batch)


def sound_record(index: Path, identity: ModelIdentity) -> Record:
    """Return the record of a compiled model whose files are what was written.

    Raises NotCompiled with the reason when there is none to run on this machine.
    """
    return _sound(index, identity)[0]


def open_compiled(index: Path, files: ModelFiles) -> CompiledRuntime:
    """Return the compiled model of an index folder, loaded; raise NotCompiled."""
    record, model, weights = _sound(index, files.identity)
    try:
        return CompiledRuntime(files, record.runtime, model, weights, record.precision)
    except RuntimeError as error:
        raise NotCompiled(f"openvino cannot load it ({_first_line(error)}); {_ANEW}") from error


def noted_model(index: Path, files: ModelFiles) -> NotedModel | None:
    """Return what an ingest noted of a model whose files have the same sizes and times still."""
    seen = files.noted_files()
    for path in sorted(index.glob(f"{_FOLDER}*/{_RECORD}")):
        try:
            record = _read(path)
        except NotCompiled:
            continue
        if record.identity.name == files.name and record.noted == seen:
            return NotedModel(record.identity, tuple(record.languages))
    return None


def make_compiled(index: Path, files: ModelFiles) -> None:
    """Compile a model into an index folder, or record why that cannot be.

    The caller holds the lock of the index. Raises OSError when the disk does not take it, and
    ModelProblem when sentence-transformers cannot load the model either.
    """
    staging = index / f"{_STAGING}compiled-{os.getpid()}"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir()
    _write_record(staging, _made(staging, files))
    for path in (*staging.iterdir(), staging):
        durable.sync(path)
    folder = _folder(index, files.identity)
    if folder.exists():
        folder.rename(index / f"{_STAGING}replaced-{os.getpid()}")
    staging.rename(folder)
    durable.sync(index)


def note_again(index: Path, files: ModelFiles) -> None:
    """Note the sizes and times of a model's files anew when another copy of it is there now."""
    folder = _folder(index, files.identity)
    record = _read(folder / _RECORD)
    noted = {"noted": files.noted_files(), "languages": list(files.languages)}
    fresh = Record(**{**_fields(record), **noted})
    if fresh != record:
        durable.replace(folder / _RECORD, json.dumps(asdict(fresh), indent=1).encode())


def forget_others(index: Path, identity: ModelIdentity) -> None:
    """Remove the compiled models of an index folder but this one's."""
    for folder in index.glob(f"{_FOLDER}*"):
        if folder != _folder(index, identity):
            shutil.rmtree(folder, ignore_errors=True)


def _sound(index: Path, identity: ModelIdentity) -> tuple[Record, bytes, bytes]:
    folder = _folder(index, identity)
    if not folder.is_dir():
        raise NotCompiled("the model is not compiled yet; the next ingest does it")
    record = _read(folder / _RECORD)
    if record.identity != identity or record.made_by != _made_by():
        raise NotCompiled(f"it was compiled by another version or processor; {_ANEW}")
    if record.refused:
        raise NotCompiled(record.refused, lasting=True)
    content = []
    for name in (_MODEL, _WEIGHTS):
        try:
            data = (folder / name).read_bytes()
        except OSError as error:
            raise NotCompiled(f"'{folder / name}' cannot be read; {_ANEW}") from error
        if sha256(data).hexdigest() != (record.files or {}).get(name):
            raise NotCompiled(f"'{folder / name}' has changed on disk; {_ANEW}")
        content.append(data)
    return record, content[0], content[1]


def _made(staging: Path, files: ModelFiles) -> Record:
    """Compile into a folder and return the record; nothing but the record when it is refused."""
    record = Record(
        identity=files.identity,
        noted=files.noted_files(),
        languages=list(files.languages),
        made_by=_made_by(),
        checked_with={name: _version(name) for name in ("sentence-transformers", "torch")},
    )
    original = SentenceTransformerRuntime(files, exact=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a trace depends on its example
            model = _converted(original)
        _openvino().save_model(model, staging / _MODEL, compress_to_fp16=False)
        precision, cosines = _checked(staging, files, original)
    except (ModelProblem, OSError):
        raise
    except Exception as error:  # whatever a converter raises: the model runs without it
        for path in staging.iterdir():
            path.unlink()
        reason = f"it cannot be compiled: {_first_line(error)}"
        return Record(**{**_fields(record), "refused": reason})
    digests = {name: sha256((staging / name).read_bytes()).hexdigest() for name in _files()}
    made = {"precision": precision, "cosines": cosines, "files": digests}
    return Record(**{**_fields(record), **made})


def _converted(original: SentenceTransformerRuntime) -> Any:
    module, names, examples = original.traceable()
    model = _openvino().convert_model(module, example_input=examples)
    for port, name in zip(model.inputs, names, strict=True):
        port.get_tensor().set_names({name})
    return model


def _checked(
    staging: Path, files: ModelFiles, original: SentenceTransformerRuntime
) -> tuple[str, tuple[float, ...]]:
    """Return the quickest precision that comes near enough, and its lowest cosines."""
    prompt = files.identity.passage_prompt
    model, weights = ((staging / name).read_bytes() for name in _files())
    able = _openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    wanted = list(original.run(_SAMPLES, prompt, tokens=True))
    cosines: tuple[float, ...] = ()
    for precision in ("bf16", "f32") if "BF16" in able else ("f32",):
        compiled = CompiledRuntime(files, "being checked", model, weights, precision)
        cosines = _lowest_cosines(wanted, list(compiled.run(_SAMPLES, prompt, tokens=True)))
        if min(cosines) >= LEAST_COSINE:
            return precision, cosines
    raise ValueError(f"its vectors come as near as {min(cosines):.4f} only to the original's")


def _lowest_cosines(wanted: Sequence[Encoded], got: Sequence[Encoded]) -> tuple[float, ...]:
    """Return the lowest cosine of the texts, and of the mean over each text's tokens."""
    of_row = {one.row: one for one in got}
    pairs = [(one, of_row[one.row]) for one in wanted]
    if any(a.states.shape != b.states.shape for a, b in pairs):
        raise ValueError("it is read in other tokens")
    texts = [float((unit(a.vector[None]) @ unit(b.vector[None]).T)[0, 0]) for a, b in pairs]
    tokens = [float((unit(a.states) * unit(b.states)).sum(axis=1).min()) for a, b in pairs]
    return round(min(texts), 6), round(min(tokens), 6)


def _made_by() -> dict[str, str]:
    with _first_use:
        core = _openvino().Core()
        able = sorted(core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
        processor = core.get_property("CPU", "FULL_DEVICE_NAME")
    return {
        "format": _FORMAT,
        "openvino": _version("openvino"),
        "processor": f"{processor} ({', '.join(able)})",
    }


def _openvino() -> Any:
    """Return openvino, which tells nobody that it was imported: its own stub takes that part."""
    if "openvino" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    try:
        import openvino
    except ImportError as error:
        raise NotCompiled(f"openvino cannot be imported ({error})", lasting=True) from error
    return openvino


def _release(*held: list[Any]) -> None:
    for each in held:
        each.clear()


def _folder(index: Path, identity: ModelIdentity) -> Path:
    return index / f"{_FOLDER}{identity.fingerprint[:16]}"


def _files() -> tuple[str, str]:
    return _MODEL, _WEIGHTS


def _read(path: Path) -> Record:
    try:
        content = json.loads(path.read_bytes())
        content["identity"] = ModelIdentity(**content["identity"])
        content["cosines"] = tuple(content["cosines"])
        return Record(**content)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise NotCompiled(f"'{path}' cannot be read; {_ANEW}") from error


def _write_record(folder: Path, record: Record) -> None:
    (folder / _RECORD).write_text(json.dumps(asdict(record), indent=1), "utf-8")


def _fields(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in Record.__slots__}


def _version(package: str) -> str:
    return importlib.metadata.version(package)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]
