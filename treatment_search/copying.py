"""An index from a folder to a Milvus server, or back, without embedding anything again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from treatment_search import generations, publishing
from treatment_search.address import ClusterAddress, IndexAddress
from treatment_search.assembly import addition_of, checked, write_words
from treatment_search.embedding import AllVectors
from treatment_search.errors import IndexProblem
from treatment_search.live import cluster_library
from treatment_search.progress import IngestProgress
from treatment_search.references import ReferenceVectors
from treatment_search.sentence_vectors import SentenceVectors
from treatment_search.serving import publish_to
from treatment_search.store import build as build_store


def copy_index(source: IndexAddress, target: IndexAddress, progress: IngestProgress) -> str:
    """Make the live generation of one index live in another and return its name there.

    One is a folder, the other on a server; what was live in the target stays for a rollback.
    """
    if isinstance(source, Path) and isinstance(target, ClusterAddress):
        return publish_to(target, source, progress)
    if isinstance(source, ClusterAddress) and isinstance(target, Path):
        return _fetched(source, target, progress)
    raise IndexProblem(
        f"cannot copy from '{source}' to '{target}': one must be a folder and the other on a "
        "server. A folder is copied with the system's own commands, a server by way of a folder"
    )


def _fetched(source: ClusterAddress, target: Path, progress: IngestProgress) -> str:
    with cluster_library():
        from treatment_search.cluster.fetching import fetch
    with publishing.locked(target):
        previous = None
        with suppress(IndexProblem):
            previous = generations.live_generation(target).name
        found = fetch(source, progress)
        contexts = {path: row for row, path in enumerate(found.headings)}
        width = found.manifest.dimensions
        vectors = AllVectors(
            found.passages,
            np.array(list(found.headings.values()), np.float32).reshape(-1, width),
            found.references,
            SentenceVectors.of_passages(found.sentences, width),
        )
        references = ReferenceVectors(found.references)
        addition = addition_of(found.articles, contexts, vectors, references)
        progress.start("writing the index", found.manifest.passages)
        staging = publishing.stage(target)
        vectors.save(staging)
        build_store(staging / generations.PASSAGES, addition)
        write_words(staging, addition)
        # What tells its questions from others was found for these very vectors.
        manifest = replace(
            found.manifest,
            created=datetime.now(UTC).isoformat(),
            previous=previous,
            whole=found.manifest.passages,
            files={},
        )
        manifest = checked(manifest, staging)
        progress.advance(found.manifest.passages)
        return publishing.publish(target, staging, manifest).name
