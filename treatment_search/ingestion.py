"""corpus/ -> a new generation, touching only what changed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from treatment_search import generations, publishing, reading
from treatment_search.analysis import ANALYZER_VERSION
from treatment_search.assembly import IngestProgress, Silence, assemble
from treatment_search.chunking import CHUNKER_VERSION, chunk
from treatment_search.corpus import article_files, articles_in
from treatment_search.dense import DenseIndex
from treatment_search.encoder import Encoder, load_encoder
from treatment_search.errors import (
    ArticleUnreadable,
    CorpusProblem,
    IndexDamaged,
    IndexNotBuilt,
    IndexOutdated,
)
from treatment_search.generations import Generation
from treatment_search.known import Known, KnownVectors
from treatment_search.languages import language_of_article
from treatment_search.models import BUNDLED
from treatment_search.notices import notices
from treatment_search.reading import READER_VERSION, read_article
from treatment_search.records import Article, FileNote, IngestReport
from treatment_search.references import reference_digest
from treatment_search.roles import ROLES_VERSION
from treatment_search.sentence_vectors import SentenceVectors
from treatment_search.store import PassageStore, StoredArticle

# More than this share of the articles gone at once is more likely a missing disk than a wish.
MOST_REMOVED = 0.20


@dataclass(frozen=True, slots=True)
class _Before:
    """The live generation as an ingest finds it; empty when there is none that can be used."""

    generation: Generation | None
    previous: str | None
    rebuilt: str | None
    stored: dict[str, StoredArticle]
    known: Known
    digests: dict[str, str]

    @property
    def dimensions(self) -> int | None:
        """Return the length of the live generation's vectors."""
        return self.generation.manifest.dimensions if self.generation else None

    def is_new(self, stored: StoredArticle) -> bool:
        """Return whether an article was not in the live generation as it is now."""
        return self.digests.get(stored.article.article_id) != stored.digest

    def unchanged(self, article_id: str, digest: str) -> StoredArticle | None:
        """Return the article as it was stored, when the same bytes would give the same again."""
        stored = self.stored.get(article_id)
        return stored if stored and stored.digest == digest else None


def ingest(
    corpus: Path,
    index: Path,
    encoder: Encoder,
    *,
    dry_run: bool = False,
    rebuild: bool = False,
    allow_removal: bool = False,
    progress: IngestProgress | None = None,
) -> IngestReport:
    """Make `index` true to `corpus` and return what was done; with `dry_run` only tell.

    Raises CorpusProblem when the folder is missing, empty, or lost more than a fifth of its
    articles; IndexBusy when another ingest runs. Whatever is raised, the live generation stays.
    """
    started = time.monotonic()
    progress = progress or Silence()
    if not corpus.is_dir():
        raise CorpusProblem(f"no folder '{corpus}'. Create it and put articles in it")
    with nullcontext() if dry_run else publishing.locked(index):
        before = _look_back(index, encoder, rebuild=rebuild)
        articles, skipped = _gather(corpus, before, encoder, progress)
        changes = _changes(articles, before)
        _guard(corpus, articles, before, skipped, allow_removal=allow_removal)
        passages = [passage for stored in articles for passage in stored.passages]
        embedded = before.known.passages.missing([p.embedded_text for p in passages])
        untouched = not (changes["added"] or changes["changed"] or changes["removed"])
        if before.generation and untouched and not before.rebuilt:
            name = before.generation.name
        elif dry_run:
            name = "none: this was a dry run"
        else:
            name = assemble(
                index,
                articles,
                encoder,
                before.known,
                dimensions=before.dimensions,
                previous=before.previous,
                changes=changes,
                progress=progress,
            ).name
    return IngestReport(
        generation=name,
        articles=len(articles),
        passages=len(passages),
        **changes,
        embedded=len(embedded),
        skipped=tuple(sorted(skipped, key=lambda note: note.path)),
        warnings=tuple(notices([one.article for one in articles])),
        touched=tuple(one.article.article_id for one in articles if before.is_new(one)),
        seconds=round(time.monotonic() - started, 3),
        rebuilt=before.rebuilt,
        dry_run=dry_run,
    )


def _gather(
    corpus: Path, before: _Before, encoder: Encoder, progress: IngestProgress
) -> tuple[list[StoredArticle], list[FileNote]]:
    """Return the articles, unchanged ones as they were stored, and what was skipped."""
    skipped: list[FileNote] = []
    articles: list[StoredArticle] = []
    files = dict(article_files(corpus, skipped))
    progress.start("reading articles", len(files))
    for article_id, path in files.items():
        for inner_id, data in articles_in(article_id, path, skipped):
            try:
                articles.append(_read(inner_id, data, before, encoder))
            except ArticleUnreadable as error:
                skipped.append(FileNote(inner_id, str(error)))
        progress.advance(1)
    reading.close()
    articles.sort(key=lambda one: one.article.article_id)
    return articles, skipped


def encoder_for_index(index: Path, model: str | None = None) -> Encoder:
    """Return the named model, or else the one the index was made with, or else the bundled one."""
    return load_encoder(model or generations.model_name(index) or BUNDLED)


def _look_back(index: Path, encoder: Encoder, *, rebuild: bool) -> _Before:
    """Load what the live generation already knows, or say why it cannot be built on."""
    nothing = Known()
    try:
        generation = generations.live_generation(index)
        generation.check_contents()
    except IndexNotBuilt:
        return _Before(None, None, None, {}, nothing, {})
    except IndexOutdated:
        why = "the index has the format of another version"
        return _Before(None, None, why, {}, nothing, {})
    except IndexDamaged as error:
        sound = generations.previous_name(index)
        return _Before(None, sound, str(error), {}, nothing, {})
    with closing(PassageStore(generation.folder / generations.PASSAGES)) as store:
        stored = {one.article.article_id: one for one in store.stored_articles()}
        contexts = store.context_texts()
    digests = {article_id: one.digest for article_id, one in stored.items()}
    anew = "asked for with --rebuild" if rebuild else _model_changed(generation, encoder)
    if anew:
        return _Before(generation, generation.name, anew, {}, nothing, digests)
    reread = _versions_changed(generation)
    texts = (p.embedded_text for one in stored.values() for p in one.passages)
    return _Before(
        generation,
        generation.name,
        reread,
        {} if reread else stored,
        _known(generation, texts, contexts),
        digests,
    )


def _known(generation: Generation, texts: Iterable[str], contexts: list[str]) -> Known:
    folder = generation.folder
    same_texts = generation.manifest.reference_digest == reference_digest()
    references = DenseIndex.open(folder / generations.REFERENCES)
    return Known(
        KnownVectors(
            texts,
            DenseIndex.open(folder / generations.DENSE),
            SentenceVectors.open(folder / generations.SENTENCES),
        ),
        KnownVectors(contexts, DenseIndex.open(folder / generations.HEADINGS)),
        references.all_vectors() if same_texts and len(references) else None,
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


def _read(article_id: str, data: bytes, before: _Before, encoder: Encoder) -> StoredArticle:
    digest = hashlib.sha256(data).hexdigest()
    unchanged = before.unchanged(article_id, digest)
    if unchanged:
        return unchanged
    article = _with_language(read_article(article_id, data), encoder)
    passages = tuple(chunk(article, encoder))
    if not passages:
        raise ArticleUnreadable("no text to search: it holds only references")
    return StoredArticle(article, digest, passages)


def _with_language(article: Article, encoder: Encoder) -> Article:
    """Return the article with its language when the model does not read it, said in a note."""
    language = language_of_article(article.text, encoder.languages)
    if language is None:
        return article
    note = (
        f"looks like {language.name} ({language.code}), which the model does not read: "
        "it is found by its words alone"
    )
    return replace(article, language=language, notes=(*article.notes, note))


def _changes(articles: list[StoredArticle], before: _Before) -> dict[str, int]:
    now = {one.article.article_id: one.digest for one in articles}
    then = before.digests
    return {
        "added": len(now.keys() - then.keys()),
        "changed": sum(then.get(a, digest) != digest for a, digest in now.items()),
        "removed": len(then.keys() - now.keys()),
        "unchanged": sum(then.get(a) == digest for a, digest in now.items()),
    }


def _guard(
    corpus: Path,
    articles: list[StoredArticle],
    before: _Before,
    skipped: list[FileNote],
    *,
    allow_removal: bool,
) -> None:
    now = {one.article.article_id for one in articles}
    contents = {one.digest for one in articles}  # a file under another name is not gone
    gone = sorted(a for a, d in before.digests.items() if a not in now and d not in contents)
    if not articles and not (gone and allow_removal):
        unread = f" that can be read ({skipped[0].path}: {skipped[0].reason})" if skipped else ""
        kept = "; the index stays as it was" if gone else ""
        raise CorpusProblem(
            f"no article{unread} in '{corpus}'{kept}. "
            "Put .md, .txt, .html, .pdf, .docx or .zip files in it"
            + (", or use --allow-removal to empty the index" if gone else "")
        )
    if len(gone) > MOST_REMOVED * len(before.digests) and not allow_removal:
        shown = ", ".join(gone[:5]) + (f" and {len(gone) - 5} more" if len(gone) > 5 else "")
        raise CorpusProblem(
            f"{len(gone)} of {len(before.digests)} articles are gone from '{corpus}': {shown}. "
            "The index stays as it was. If they are meant to go, use --allow-removal"
        )
