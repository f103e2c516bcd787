"""Semantic search over treatment articles: ingest a folder, ask questions, get ranked passages.

Each name is loaded from its module when it is first used, so that a question waits for nothing
that only an ingest needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_NAMES_OF = {
    "encoder": ("Encoder", "load_encoder"),
    "engine": ("Engine",),
    "errors": (
        "CorpusProblem",
        "IndexNotBuilt",
        "IndexProblem",
        "QuestionRefused",
        "TreatmentSearchError",
    ),
    "ingestion": ("encoder_for_index", "ingest"),
    "records": (
        "Article",
        "Band",
        "Hit",
        "IngestReport",
        "Metadata",
        "Mode",
        "Passage",
        "SearchResult",
        "Verdict",
    ),
    "reporting": ("as_json", "as_text", "one_line_errors", "print_error"),
    "selfcheck": ("ingest_and_check",),
    "settings": ("Settings",),
    "watching": ("watch",),
}
_HOMES = {name: (module, name) for module, names in _NAMES_OF.items() for name in names}
_HOMES["ProgressBar"] = ("progress", "Bar")


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, own_name = _HOMES[name]
    value = getattr(import_module(f"{__name__}.{module}"), own_name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
