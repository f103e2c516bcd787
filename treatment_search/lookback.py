"""The index as an ingest finds it: what need not be read, cut or embedded again.

That is the live generation; while that is damaged, what is sound of it and of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from treatment_search import generations
from treatment_search.analysis import ANALYZER_VERSION
from treatment_search.chunking import CHUNKER_VERSION
from treatment_search.dense import DenseIndex
from treatment_search.encoder import Encoder
from treatment_search.errors import IndexDamaged, IndexNotBuilt, IndexOutdated, IndexProblem
from treatment_search.generations import Generation
from treatment_search.known import Earlier, Known, KnownVectors
from treatment_search.reading import READER_VERSION
from treatment_search.references import reference_digest
from treatment_search.roles import ROLES_VERSION
from treatment_search.rows import Rows
from treatment_search.sentence_vectors import SentenceVectors
from treatment_search.store import PassageStore
from treatment_search.vectors import Vectors


@dataclass(frozen=True, slots=True)
class Usable:
    """A generation, those of its files that are sound, and its articles, which are."""

    generation: Generation
    sound: frozenset[Path]
    store: PassageStore

    @classmethod
    def of(cls, generation: Generation, sound: frozenset[Path]) -> Usable:
        """Return a generation with its articles opened."""
        return cls(generation, sound, PassageStore(generation.folder / generations.PASSAGES))


@dataclass(frozen=True, slots=True)
class Before:
    """What there was; all empty when there is no generation that can be used.

    `previous` is the generation to keep beside the next one, `rebuilt` why that is written
    whole, `digests` those of the files by article. `store` has the articles, for as long as it
    is not closed, and `kept` the digests of those that need not be read again.
    """

    generation: Generation | None = None
    previous: str | None = None
    rebuilt: str | None = None
    store: PassageStore | None = None
    kept: dict[str, str] = field(default_factory=dict)
    known: Known = field(default_factory=Known)
    digests: dict[str, str] = field(default_factory=dict)
    usable: tuple[Usable, ...] = ()
    """Where all this is from, best first."""

    @property
    def dimensions(self) -> int | None:
        """Return the length of the vectors in the generation that was found."""
        return self.generation.manifest.dimensions if self.generation else None

    def close(self) -> None:
        """Let go of the files; nothing is known after that."""
        for one in self.usable:
            one.store.close()


def look_back(index: Path, encoder: Encoder, *, rebuild: bool) -> Before:
    """Load what the index already knows, or say why it cannot be built on."""
    damage: str | None = None
    previous: str | None = None
    usable: tuple[Usable, ...] = ()
    try:
        live = generations.live_generation(index)
        live.check_contents()
        usable, previous = (Usable.of(live, live.files),), live.name
    except IndexNotBuilt:
        return Before()
    except IndexOutdated:
        return Before(rebuilt="the index has the format of another version")
    except IndexDamaged as error:
        damage = error.what
        usable, previous = _salvaged(index)
    if not usable:
        return Before(previous=previous, rebuilt=damage)
    generation, store = usable[0].generation, usable[0].store
    anew = "asked for with --rebuild" if rebuild else _model_changed(generation, encoder)
    anew = anew or _versions_changed(generation)
    digests = store.digests()
    fit = [one for one in usable if not rebuild and not _model_changed(one.generation, encoder)]
    return Before(
        generation,
        previous,
        damage or anew,
        store,
        kept={} if anew else digests,
        known=_known(fit),
        digests=digests,
        usable=usable,
    )


def _salvaged(index: Path) -> tuple[tuple[Usable, ...], str | None]:
    """Return what can be used of a damaged index, the live generation first, then the newest.

    And the name of the newest generation that one may go back to.
    """
    names = generations.generation_names(index)
    live = None
    with suppress(IndexDamaged):
        live = generations.current_name(index)
        names.sort(key=lambda name: name != live)
    usable, previous = [], None
    for name in names:
        with suppress(IndexProblem):
            generation = generations.read_generation(index, name)
            sound = generation.sound_files()
            if name != live and sound == generation.files:
                previous = previous or name
            if generation.folder / generations.PASSAGES in sound:
                usable.append(Usable.of(generation, sound))
    return tuple(usable), previous


def _known(usable: Sequence[Usable]) -> Known:
    passages, headings, references = [], [], None
    for one in usable:
        folder, sound = one.generation.folder, one.sound
        passages.append(
            Earlier(
                one.store.passages_with,
                DenseIndex.sound_rows(folder / generations.DENSE, sound),
                SentenceVectors.open_sound(folder / generations.SENTENCES, sound),
            )
        )
        rows = DenseIndex.sound_rows(folder / generations.HEADINGS, sound)
        headings.append(Earlier(one.store.contexts_with, rows))
        if references is None:
            references = _references(one)
    return Known(KnownVectors(*passages), KnownVectors(*headings), references)


def _references(usable: Usable) -> Vectors | None:
    """Return the vectors of the reference texts, when these are the same, and all are there."""
    generation = usable.generation
    folder = generation.folder / generations.REFERENCES
    files = {path for path in generation.files if path.parent == folder}
    if generation.manifest.reference_digest != reference_digest() or not files <= usable.sound:
        return None
    rows = Rows.open(folder, np.float32)
    return rows.all() if len(rows) else None


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
