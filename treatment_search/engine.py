"""A question -> SearchResult, from whichever generation is live."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from treatment_search import generations
from treatment_search.bands import band_of
from treatment_search.encoder import Encoder, Vectors, load_encoder, unit
from treatment_search.errors import IndexDamaged, IndexOutdated
from treatment_search.generations import Generation, Manifest
from treatment_search.highlight import best_sentence, matched_words
from treatment_search.models import ModelIdentity
from treatment_search.questions import Question, parse_question
from treatment_search.records import (
    Article,
    Hit,
    Mode,
    RankedPassage,
    Repair,
    SearchResult,
    StoredPassage,
    Verdict,
)
from treatment_search.retrieval import OpenGeneration

PASSAGES_PER_ARTICLE = 3
# A generation can be pruned between reading its name and opening it, by two quick ingests.
_ATTEMPTS = 5


class Engine:
    """Answers questions from an index folder; safe to use from several threads.

    Each question looks which generation is live and opens a new one when it changed.
    """

    def __init__(
        self, index: Path, encoder_for: Callable[[ModelIdentity], Encoder] | None = None
    ) -> None:
        self._index = index
        self._encoder_for = encoder_for or _stamped_encoder
        self._lock = threading.Lock()
        self._opened: OpenGeneration | None = None
        self._encoder: Encoder | None = None

    @property
    def manifest(self) -> Manifest:
        """Return what the live generation says about itself."""
        return self._live().generation.manifest

    def search(self, typed: str, k: int = 10, mode: Mode = Mode.HYBRID) -> SearchResult:
        """Return the k best passages, at most PASSAGES_PER_ARTICLE of one article.

        Raises QuestionRefused for a question that cannot be searched, IndexNotBuilt and its
        kin when there is nothing sound to search in.
        """
        started = time.perf_counter()
        asked = parse_question(typed)
        opened = self._live()
        question, repairs, vector = self._read(opened, asked, mode)
        hits: list[Hit] = []
        if vector is None or opened.covers(question, vector):
            against = 0.0 if vector is None else opened.against(vector)
            ranked = opened.rank(question, mode, vector)
            best = opened.grouped(ranked, PASSAGES_PER_ARTICLE)[:k]
            stored = opened.store.passages([passage.number for passage in best])
            for rank, (place, passage) in enumerate(zip(best, stored, strict=True), 1):
                text = passage.passage.embedded_text
                sure = opened.certainty(question, against, place, text)
                hits.append(_hit(rank, place, passage, question, sure))
        return SearchResult(
            question=asked.text,
            verdict=Verdict.FOUND if hits else Verdict.NOTHING,
            generation=opened.generation.name,
            milliseconds=round((time.perf_counter() - started) * 1000, 2),
            hits=tuple(hits),
            repairs=repairs,
            also=question.also,
        )

    def rank_articles(self, typed: str, mode: Mode = Mode.HYBRID) -> list[tuple[str, float]]:
        """Return every candidate article with the score of its best passage, best first.

        The ranking that `search` shows, before it is cut and before anything is refused.
        """
        opened = self._live()
        best = opened.grouped(self._rank(opened, typed, mode), 1)
        names = opened.store.article_ids([passage.number for passage in best])
        return [(names[passage.number], passage.score) for passage in best]

    def rank_passages(
        self, typed: str, count: int, mode: Mode = Mode.HYBRID
    ) -> list[StoredPassage]:
        """Return the passages that `search` would show, best first, before anything is refused."""
        opened = self._live()
        best = opened.grouped(self._rank(opened, typed, mode), PASSAGES_PER_ARTICLE)[:count]
        return opened.store.passages([passage.number for passage in best])

    def article(self, article_id: str) -> Article | None:
        """Return one article of the live generation whole, or None when there is none."""
        return self._live().store.article(article_id)

    def knows_words_of(self, typed: str) -> bool:
        """Return whether each content word of a question stands in some passage; needs no model."""
        keyword = self._live().keyword
        return all(keyword.passages_with(term) for term in parse_question(typed).terms)

    def titles(self, count: int) -> list[str]:
        """Return the titles of up to `count` articles, spread over the collection."""
        titles = self._live().store.titles()
        return titles[:: max(1, len(titles) // count)][:count]

    def warm(self) -> None:
        """Open the live generation and run the model once, so that the first question is quick."""
        self._encoder_of(self._live().generation).encode_question("warm")

    def _rank(self, opened: OpenGeneration, typed: str, mode: Mode) -> list[RankedPassage]:
        question, _, vector = self._read(opened, parse_question(typed), mode)
        return opened.rank(question, mode, vector)

    def _read(
        self, opened: OpenGeneration, question: Question, mode: Mode
    ) -> tuple[Question, tuple[Repair, ...], Vectors | None]:
        """Return the question as it is searched, what was repaired in it, and its vector.

        The vector is None in keyword mode, which needs no model.
        """
        repairs: tuple[Repair, ...] = ()
        if mode is Mode.KEYWORD:
            return question, repairs, None
        encoder = self._encoder_of(opened.generation)
        if mode is Mode.HYBRID:
            question, repairs = opened.repaired(question, encoder)
            question = opened.widened(question)
        vector = encoder.encode_question(question.text)
        if question.also:
            vector = unit((vector + encoder.encode_question(question.widened_text))[None, :])[0]
        return question, repairs, vector

    def _live(self) -> OpenGeneration:
        """Return the live generation opened; reopen it when CURRENT names another one."""
        for _ in range(_ATTEMPTS):
            opened = self._opened
            name = generations.current_name(self._index)
            if opened and opened.generation.name == name:
                return opened
            with self._lock:
                try:
                    return self._reopen()
                except IndexDamaged:
                    if generations.current_name(self._index) == name:
                        raise
        raise IndexDamaged(f"'{self._index}' changes faster than it can be opened. Try again")

    def _reopen(self) -> OpenGeneration:
        name = generations.current_name(self._index)
        if self._opened is None or self._opened.generation.name != name:
            self._opened = OpenGeneration.of(generations.open_generation(self._index, name))
        return self._opened

    def _encoder_of(self, generation: Generation) -> Encoder:
        """Return the model the generation was made with; raise IndexOutdated for another one."""
        wanted = generation.manifest.model
        with self._lock:
            if self._encoder is None or self._encoder.identity != wanted:
                self._encoder = self._encoder_for(wanted)
            if self._encoder.identity != wanted:
                raise IndexOutdated(
                    f"the index was made with other files or prompts of the model {wanted.name}. "
                    "Run: python ingest.py"
                )
            return self._encoder


def _stamped_encoder(identity: ModelIdentity) -> Encoder:
    return load_encoder(identity.name)


def _hit(
    rank: int, ranked: RankedPassage, stored: StoredPassage, question: Question, certainty: float
) -> Hit:
    text = stored.passage.text
    wanted = (*question.terms, *question.other_terms)
    return Hit(
        rank=rank,
        passage=stored,
        score=ranked.score,
        band=band_of(certainty),
        dense=ranked.dense,
        keyword=ranked.keyword,
        sentence=best_sentence(text, wanted),
        words=matched_words(text, wanted),
    )
