"""What an index folder remembers beside its generations; each file may be lost without harm.

index/history.jsonl     one line for each generation published, the newest last
index/unread.json       the files that the last ingest opened and could not read
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from treatment_search import durable

HISTORY = "history.jsonl"
UNREAD = "unread.json"


@dataclass(frozen=True, slots=True)
class Published:
    """One generation at the time it was published; `changes` counts articles by their fate.

    `seconds` is how long its ingest took, `embedded` how many passages went through the model.
    """

    generation: str
    created: str
    articles: int
    passages: int
    changes: dict[str, int]
    embedded: int
    seconds: float
    model: str


def remember(index: Path, published: Published) -> None:
    """Add a line to the history of an index folder."""
    durable.append_line(index / HISTORY, json.dumps(asdict(published), ensure_ascii=False))


def history(index: Path) -> list[Published]:
    """Return what was published, oldest first; a torn line is passed over."""
    try:
        lines = (index / HISTORY).read_bytes().splitlines()
    except OSError:
        return []
    return [published for line in lines if (published := _published(line))]


def remember_unread(index: Path, unread: dict[str, str]) -> None:
    """Keep the digests of the files that hold no article, so that they do not look new."""
    if unread != unread_files(index):
        durable.replace(index / UNREAD, json.dumps(unread, sort_keys=True).encode())


def unread_files(index: Path) -> dict[str, str]:
    """Return the digests, by path, of the files that the last ingest could not read."""
    try:
        content = json.loads((index / UNREAD).read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _published(line: bytes) -> Published | None:
    try:
        published = Published(**json.loads(line))
    except (ValueError, TypeError):
        return None
    return published if isinstance(published.changes, dict) else None
