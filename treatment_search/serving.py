"""What is done with an index on a Milvus server beside asking it; cluster/ does the work.

A folder on this machine, `state`, is ingested as any index is, and its live generation is put on
the server. Nothing of the cluster is imported before it is needed.
"""

from __future__ import annotations

from pathlib import Path

from treatment_search import generations, publishing
from treatment_search.address import ClusterAddress, IndexAddress
from treatment_search.errors import IndexProblem, IndexUnreachable
from treatment_search.live import cluster_library
from treatment_search.progress import IngestProgress
from treatment_search.status import ServedGeneration, ServedStatus


def publish_to(address: ClusterAddress, folder: Path, progress: IngestProgress) -> str:
    """Make the live generation of a folder the live one on a server too, and return its name.

    Raises IndexUnreachable when the server fails: what it had live still is, and the next call
    goes on with what was written.
    """
    with cluster_library():
        from treatment_search.cluster import connection
        from treatment_search.cluster.writing import publish
    with publishing.locked(folder):
        generation = generations.live_generation(folder)
        generation.check_contents()
        try:
            publish(
                generation, connection.Connection(address, connection.WRITING_SECONDS), progress
            )
        except IndexUnreachable as error:
            raise IndexUnreachable(
                f"{error}. '{folder}' has the new state, the server most likely the one "
                "before. Run the same command again to go on"
            ) from error
    return generation.name


def roll_back(index: IndexAddress) -> str:
    """Make the generation before the live one live again and return its name."""
    if not isinstance(index, ClusterAddress):
        return publishing.roll_back(index).name
    with cluster_library():
        from treatment_search.cluster.live import ClusterIndex
    name = ClusterIndex(index).roll_back().generation
    if (index.state / name).is_dir():  # the next ingest goes on from what is live
        publishing.make_live(index.state, name)
    return name


def served_status(address: ClusterAddress) -> ServedStatus:
    """Return what is live on a server and what is there beside it, every collection counted."""
    with cluster_library():
        from treatment_search.cluster.live import ClusterIndex
    index = ClusterIndex(address)
    live = index.opened().generation
    there = []
    for names in index.generations():
        is_live = names.generation == live.name
        try:
            manifest = index.meta(names).manifest
        except IndexUnreachable:
            raise
        except IndexProblem:
            why = "unfinished; the next ingest goes on with it or removes it"
            there.append(ServedGeneration(names.generation, is_live, problem=why))
            continue
        there.append(
            ServedGeneration(
                names.generation,
                is_live,
                manifest.created,
                manifest.articles,
                manifest.passages,
                manifest.model.name,
            )
        )
    manifest, known = live.manifest, {one.generation for one in there}
    return ServedStatus(
        index=str(address),
        generation=live.name,
        created=manifest.created,
        articles=manifest.articles,
        passages=manifest.passages,
        changes=manifest.changes,
        model=manifest.model.name,
        dimensions=manifest.dimensions,
        previous=manifest.previous if manifest.previous in known else None,
        generations=tuple(there),
    )
