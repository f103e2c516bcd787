"""The live generation as an ingest finds it: what need not be read, cut or embedded again."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from treatment_search import generations
from treatment_search.analysis import ANALYZER_VERSION
from treatment_search.chunking import CHUNKER_VERSION
from treatment_search.dense import DenseIndex
from treatment_search.encoder import Encoder
from treatment_search.errors import IndexDamaged, IndexNotBuilt, IndexOutdated
from treatment_search.generations import Generation
from treatment_search.known import Known, KnownVectors
from treatment_search.reading import READER_VERSION
from treatment_search.references import reference_digest
from treatment_search.roles import ROLES_VERSION
from treatment_search.rows import Rows
from treatment_search.sentence_vectors import SentenceVectors
from treatment_search.store import PassageStore


@dataclass(frozen=True, slots=True)
class Before:
    """What there was; all empty when there is no generation that can be used.

    `previous` is the generation to keep beside the next one, `rebuilt` why everything is made
    anew, `digests` those of the files by article. `store` has the articles, for as long as it is
    not closed, and `kept` the digests of those that need not be read again.
    """

    generation: Generation | None = None
    previous: str | None = None
    rebuilt: str | None = None
    store: PassageStore | None = None
    kept: dict[str, str] = field(default_factory=dict)
    known: Known = field(default_factory=Known)
    digests: dict[str, str] = field(default_factory=dict)

    @property
    def dimensions(self) -> int | None:
        """Return the length of the live generation's vectors."""
        return self.generation.manifest.dimensions if self.generation else None

    def close(self) -> None:
        """Let go of the files; nothing is known after that."""
        if self.store:
            self.store.close()


def look_back(index: Path, encoder: Encoder, *, rebuild: bool) -> Before:
    """Load what the live generation already knows, or say why it cannot be built on."""
    try:
        generation = generations.live_generation(index)
        generation.check_contents()
    except IndexNotBuilt:
        return Before()
    except IndexOutdated:
        return Before(rebuilt="the index has the format of another version")
    except IndexDamaged as error:
        return Before(previous=generations.previous_name(index), rebuilt=error.what)
    store = PassageStore(generation.folder / generations.PASSAGES)
    digests = store.digests()
    anew = "asked for with --rebuild" if rebuild else _model_changed(generation, encoder)
    if anew:
        return Before(generation, generation.name, anew, store, digests=digests)
    reread = _versions_changed(generation)
    kept = {} if reread else digests
    known = _known(generation, store)
    return Before(generation, generation.name, reread, store, kept, known, digests)


def _known(generation: Generation, store: PassageStore) -> Known:
    folder = generation.folder
    same_texts = generation.manifest.reference_digest == reference_digest()
    references = Rows.open(folder / generations.REFERENCES, np.float32)
    return Known(
        KnownVectors(
            store.passages_with,
            DenseIndex.open(folder / generations.DENSE),
            SentenceVectors.open(folder / generations.SENTENCES),
        ),
        KnownVectors(store.contexts_with, DenseIndex.open(folder / generations.HEADINGS)),
        references.all() if same_texts and len(references) else None,
    )


def _model_changed(generation: Generation, encoder: Encoder) -> str | None:
    made_with = generation.manifest.model
    if made_with.name != encoder.identity.name:
        return f"the model changed from {made_with.name} to {encoder.identity.name}"
    if made_with != encoder.identity:
        return f"the files or prompts of the model {made_with.name} changed"
    return None


def _versions_changed(generation: Generation) -> str | None:
    manifest = generation.manifest
    pairs = {
        "the way articles are read": (manifest.reader_version, READER_VERSION),
        "the way articles are cut into passages": (manifest.chunker_version, CHUNKER_VERSION),
        "the way words are analyzed": (manifest.analyzer_version, ANALYZER_VERSION),
        "the way sections get their role": (manifest.roles_version, ROLES_VERSION),
        "the list of texts to compare with": (manifest.reference_digest, reference_digest()),
    }
    changed = [what for what, (then, now) in pairs.items() if then != now]
    return f"{' and '.join(changed)} changed with this version" if changed else None
