"""Judged questions -> nDCG, recall, success, through the very engine that the page uses.

A folder is in BEIR's layout: corpus.jsonl or corpus.jsonl.gz, queries.jsonl, qrels/test.tsv.
Measures come from ir-measures, with a document's grade as its gain (nDCG) and any grade above 0
as relevant (recall, success).
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import ir_measures
import numpy as np
from ir_measures import R, Success, nDCG

from treatment_search import generations, publishing, resume
from treatment_search.address import ClusterAddress
from treatment_search.analysis import ANALYZER_VERSION
from treatment_search.assembly import assemble
from treatment_search.chunking import CHUNKER_VERSION, chunk
from treatment_search.encoder import Encoder
from treatment_search.engine import Engine
from treatment_search.errors import IndexProblem, JudgementsUnreadable, QuestionRefused
from treatment_search.known import Known
from treatment_search.progress import IngestProgress, Silence
from treatment_search.records import Article, Evaluation, Mode, Section, StoredArticle
from treatment_search.references import reference_digest
from treatment_search.resume import KeptAside
from treatment_search.roles import ROLES_VERSION
from treatment_search.serving import publish_to

NDCG, RECALL, SUCCESS = nDCG @ 10, R @ 100, Success @ 1
DEPTH = 100


def evaluate(
    folder: Path,
    encoder: Encoder,
    *,
    corpus_from: Path | None = None,
    cache: Path | None = None,
    cluster: ClusterAddress | None = None,
    progress: IngestProgress | None = None,
) -> Evaluation:
    """Index the folder's documents (once: the index is kept in `cache`) and ask its questions.

    With `cluster` they are put on a server too, live under its name, and it is asked.
    A question that the engine refuses (one without a word) counts as answered by nothing.
    """
    progress = progress or Silence()
    questions = dict(_questions(folder))
    judged = list(_judgements(folder, questions))
    if not judged:
        raise JudgementsUnreadable(f"'{folder / 'qrels' / 'test.tsv'}' holds no judgement")
    asked = sorted({judgement.query_id for judgement in judged})
    index = _index_of(corpus_from or folder, encoder, cache or default_cache(), progress)
    if cluster:
        publish_to(cluster, index, progress)
    engine = Engine(cluster or index, encoder_for=lambda _: encoder)
    engine.warm()
    measured: dict[Mode, dict[ir_measures.measures.Measure, float]] = {}
    milliseconds: list[float] = []
    for mode in Mode:
        progress.start(f"asking, {mode}", len(asked))
        run: list[ir_measures.ScoredDoc] = []
        for query_id in asked:
            run += _answers(engine, query_id, questions[query_id], mode)
            if mode is Mode.HYBRID:
                milliseconds.append(_milliseconds(engine, questions[query_id]))
            progress.advance(1)
        measured[mode] = ir_measures.calc_aggregate([NDCG, RECALL, SUCCESS], judged, run)
    hybrid = measured[Mode.HYBRID]
    return Evaluation(
        questions=len(asked),
        passages=engine.manifest.passages,
        ndcg_at_10=round(hybrid[NDCG], 4),
        recall_at_100=round(hybrid[RECALL], 4),
        success_at_1=round(hybrid[SUCCESS], 4),
        milliseconds_p50=round(float(np.percentile(milliseconds, 50)), 2),
        milliseconds_p95=round(float(np.percentile(milliseconds, 95)), 2),
        by_mode={mode: round(values[NDCG], 4) for mode, values in measured.items()},
    )


def default_cache() -> Path:
    """Return where evaluation indexes are kept: the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "treatment-search" / "evaluate"


def _answers(
    engine: Engine, query_id: str, question: str, mode: Mode
) -> Iterator[ir_measures.ScoredDoc]:
    try:
        ranked = engine.rank_articles(question, mode)[:DEPTH]
    except QuestionRefused:
        return
    # The measures sort by score and break ties their own way; ours are decided already.
    for rank, (document, _) in enumerate(ranked):
        yield ir_measures.ScoredDoc(query_id, document, float(DEPTH - rank))


def _milliseconds(engine: Engine, question: str) -> float:
    started = time.perf_counter()
    with suppress(QuestionRefused):
        engine.search(question)
    return (time.perf_counter() - started) * 1000


def _index_of(folder: Path, encoder: Encoder, cache: Path, progress: IngestProgress) -> Path:
    """Return an index folder of the documents, keyed by their bytes, the model and the versions."""
    path = _corpus_file(folder)
    data = path.read_bytes()
    key = hashlib.sha256(
        "\0".join(
            (
                hashlib.sha256(data).hexdigest(),
                repr(encoder.identity),
                CHUNKER_VERSION,
                ANALYZER_VERSION,
                ROLES_VERSION,
                reference_digest(),
                str(generations.FORMAT_VERSION),
            )
        ).encode()
    )
    index = cache / key.hexdigest()[:16]
    with publishing.locked(index):
        encoder.prepare(index)
        try:
            generations.live_generation(index).check_contents()
        except IndexProblem:
            documents = list(_documents(path, data, encoder, progress))
            if not documents:
                raise JudgementsUnreadable(f"'{path}' holds no document") from None
            with KeptAside.of_model(index, encoder.identity, encoder.runtime) as aside:
                assemble(
                    index,
                    documents,
                    encoder,
                    Known(aside=aside),
                    changes={},
                    progress=progress,
                )
            resume.forget_all(index)
    return index


def _documents(
    path: Path, data: bytes, encoder: Encoder, progress: IngestProgress
) -> Iterator[StoredArticle]:
    try:
        plain = gzip.decompress(data) if path.suffix == ".gz" else data
        lines = plain.decode("utf-8").split("\n")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise JudgementsUnreadable(f"'{path}' cannot be read: {error}") from error
    progress.start("reading documents", len(lines))
    line_of: dict[str, int] = {}
    for number, record in _records(path, lines, ("_id", "text"), ("title",)):
        text, title = (_storable(record.get(name) or "") for name in ("text", "title"))
        first = line_of.setdefault(record["_id"], number)
        if first != number:
            raise JudgementsUnreadable(
                f"'{path}' line {number}: document {record['_id']!r} stands on line {first} already"
            )
        article = Article(
            article_id=record["_id"],
            title=title or record["_id"],
            text=text,
            sections=(Section((), 0, len(text)),),
        )
        yield StoredArticle(article, str(number), tuple(chunk(article, encoder)))
        progress.advance(1)


def _storable(text: str) -> str:
    """Return `text` without what SQLite cannot keep: zeros, and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()


def _corpus_file(folder: Path) -> Path:
    for name in ("corpus.jsonl", "corpus.jsonl.gz"):
        if (folder / name).is_file():
            return folder / name
    raise JudgementsUnreadable(
        f"no corpus.jsonl or corpus.jsonl.gz in '{folder}'. Put it there, or name the folder "
        "that has it with --corpus-from"
    )


def _questions(folder: Path) -> Iterator[tuple[str, str]]:
    path = folder / "queries.jsonl"
    for _, record in _records(path, _lines(path), ("_id", "text")):
        yield record["_id"], record["text"]


def _judgements(folder: Path, questions: dict[str, str]) -> Iterator[ir_measures.Qrel]:
    path = folder / "qrels" / "test.tsv"
    rows = csv.reader(io.StringIO("\n".join(_lines(path)).strip()), delimiter="\t")
    for number, row in enumerate(rows, 1):
        if number == 1 and row[:1] == ["query-id"]:
            continue
        try:
            query_id, document, grade = row
            judgement = ir_measures.Qrel(query_id, document, int(grade))
        except ValueError as error:
            raise JudgementsUnreadable(
                f"'{path}' line {number}: expected question, document and a whole number "
                "between tabs"
            ) from error
        if query_id not in questions:
            raise JudgementsUnreadable(
                f"'{path}' line {number}: no question {query_id!r} in queries.jsonl"
            )
        yield judgement


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise JudgementsUnreadable(
            f"'{path}' cannot be read: {error}. The folder needs queries.jsonl and qrels/test.tsv"
        ) from error


def _records(
    path: Path, lines: Iterable[str], needed: Sequence[str], optional: Sequence[str] = ()
) -> Iterator[tuple[int, dict[str, str]]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            values = [record[name] for name in needed] + [record.get(o) or "" for o in optional]
        except (ValueError, KeyError, TypeError) as error:
            raise JudgementsUnreadable(f"'{path}' line {number}: {error!r}") from error
        if not all(isinstance(value, str) for value in values):
            names = ", ".join((*needed, *optional))
            raise JudgementsUnreadable(f"'{path}' line {number}: {names} must be text")
        yield number, record
