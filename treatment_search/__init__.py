"""Semantic search over treatment articles: ingest a folder, ask questions, get ranked passages."""

from __future__ import annotations

from treatment_search.encoder import Encoder, load_encoder
from treatment_search.engine import Engine
from treatment_search.errors import (
    CorpusProblem,
    IndexNotBuilt,
    IndexProblem,
    QuestionRefused,
    TreatmentSearchError,
)
from treatment_search.ingestion import encoder_for_index, ingest
from treatment_search.progress import Bar as ProgressBar
from treatment_search.records import (
    Article,
    Band,
    Hit,
    IngestReport,
    Metadata,
    Mode,
    Passage,
    SearchResult,
    Verdict,
)
from treatment_search.reporting import as_json, as_text, one_line_errors, print_error
from treatment_search.selfcheck import ingest_and_check
from treatment_search.settings import Settings
from treatment_search.watching import watch

__all__ = [
    "Article",
    "Band",
    "CorpusProblem",
    "Encoder",
    "Engine",
    "Hit",
    "IndexNotBuilt",
    "IndexProblem",
    "IngestReport",
    "Metadata",
    "Mode",
    "Passage",
    "ProgressBar",
    "QuestionRefused",
    "SearchResult",
    "Settings",
    "TreatmentSearchError",
    "Verdict",
    "as_json",
    "as_text",
    "encoder_for_index",
    "ingest",
    "ingest_and_check",
    "load_encoder",
    "one_line_errors",
    "print_error",
    "watch",
]
