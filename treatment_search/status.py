"""What is live in an index folder, its files checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from treatment_search import generations


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """The live generation; `changes` counts the articles its ingest touched."""

    generation: str
    created: str
    articles: int
    passages: int
    changes: dict[str, int]
    model: str
    dimensions: int
    bytes_on_disk: int
    previous: str | None


def index_status(index: Path) -> IndexStatus:
    """Return the status; raise IndexDamaged when a byte of the live generation has changed."""
    generation = generations.live_generation(index)
    generation.check_contents()
    manifest = generation.manifest
    previous = manifest.previous
    return IndexStatus(
        generation=generation.name,
        created=manifest.created,
        articles=manifest.articles,
        passages=manifest.passages,
        changes=manifest.changes,
        model=manifest.model.name,
        dimensions=manifest.dimensions,
        bytes_on_disk=sum(record.bytes for record in manifest.files.values()),
        previous=previous if previous and (index / previous).is_dir() else None,
    )
