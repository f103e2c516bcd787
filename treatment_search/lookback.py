"""The live generation as an ingest finds it: what need not be read, cut or embedded again."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
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
from treatment_search.store import PassageStore, StoredArticle


@dataclass(frozen=True, slots=True)
class Before:
    """What there was; all empty when there is no generation that can be used.

    `previous` is the generation to keep beside the next one, `rebuilt` why everything is made
    anew, `digests` those of the files by article.
    """

    generation: Generation | None = None
    previous: str | None = None
    rebuilt: str | None = None
    stored: dict[str, StoredArticle] = field(default_factory=dict)
    known: Known = field(default_factory=Known)
    digests: dict[str, str] = field(default_factory=dict)

    @property
    def dimensions(self) -> int | None:
        """Return the length of the live generation's vectors."""
        return self.generation.manifest.dimensions if self.generation else None

    def unchanged(self, article_id: str, digest: str) -> StoredArticle | None:
        """Return the article as it was stored, when the same bytes would give the same again."""
        stored = self.stored.get(article_id)
        return stored if stored and stored.digest == digest else None


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
    with closing(PassageStore(generation.folder / generations.PASSAGES)) as store:
        stored = {one.article.article_id: one for one in store.stored_articles()}
        contexts = store.context_texts()
    digests = {article_id: one.digest for article_id, one in stored.items()}
    anew = "asked for with --rebuild" if rebuild else _model_changed(generation, encoder)
    if anew:
        return Before(generation, generation.name, anew, digests=digests)
    reread = _versions_changed(generation)
    texts = (p.embedded_text for one in stored.values() for p in one.passages)
    known = _known(generation, texts, contexts)
    kept = {} if reread else stored
    return Before(generation, generation.name, reread, kept, known, digests)


def _known(generation: Generation, texts: Iterable[str], contexts: list[str]) -> Known:
    folder = generation.folder
    same_texts = generation.manifest.reference_digest == reference_digest()
    references = Rows.open(folder / generations.REFERENCES, np.float32)
    return Known(
        KnownVectors(
            texts,
            DenseIndex.open(folder / generations.DENSE),
            SentenceVectors.open(folder / generations.SENTENCES),
        ),
        KnownVectors(contexts, DenseIndex.open(folder / generations.HEADINGS)),
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
