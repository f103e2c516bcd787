"""A question -> SearchResult, from whichever generation is live."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from treatment_search.address import IndexAddress, state_of
from treatment_search.answers import (
    ReadQuestion,
    hits_of,
    is_answerable,
    nearest_topics,
    urgent_passages,
)
from treatment_search.encoder import Encoder, load_encoder
from treatment_search.errors import IndexDamaged, IndexOutdated
from treatment_search.facets import facet_values, narrowed
from treatment_search.generations import Manifest
from treatment_search.languages import language_of_question
from treatment_search.live import live_index
from treatment_search.models import ModelIdentity
from treatment_search.parts import Published
from treatment_search.questions import Question, parse_question
from treatment_search.ranking import Ranking
from treatment_search.recent import Request
from treatment_search.records import (
    Article,
    CatalogueEntry,
    Filters,
    Hit,
    Mode,
    Repair,
    SearchResult,
    StoredPassage,
    Verdict,
)
from treatment_search.retrieval import OpenGeneration
from treatment_search.urgency import URGENT_FROM, parts_of
from treatment_search.vectors import Vectors, unit

PASSAGES_PER_ARTICLE = 3
# Of the nearest passages to one, many are of its own article.
SIMILAR_DEPTH = 8


class Engine:
    """Answers questions from an index, a folder or a server; safe to use from several threads.

    Each question looks which generation is live and opens a new one when it changed; while the
    live one is damaged, another answers (live.py).
    """

    def __init__(
        self, index: IndexAddress, encoder_for: Callable[[ModelIdentity], Encoder] | None = None
    ) -> None:
        self._live = live_index(index)
        self._encoder_for = encoder_for or (lambda model: load_encoder(model.name, state_of(index)))
        self._lock = threading.Lock()
        self._encoder: Encoder | None = None

    @property
    def manifest(self) -> Manifest:
        """Return what the generation that answers says about itself."""
        return self._live.opened().generation.manifest

    @property
    def warning(self) -> str | None:
        """Return what is damaged, when another generation answers in place of the live one."""
        return self._live.opened().warning

    def search(
        self,
        typed: str,
        k: int = 10,
        mode: Mode = Mode.HYBRID,
        *,
        as_typed: Collection[str] = (),
        by_article: bool = False,
        filters: Filters | None = None,
        remember: bool = False,
    ) -> SearchResult:
        """Return the k best passages, at most PASSAGES_PER_ARTICLE of one article.

        Words in `as_typed` are neither repaired nor joined by others; with `by_article` each
        article is there once, with its best passage. `filters` leave passages out of the ranking
        before it is cut; whether there is an answer at all does not depend on them.

        With `remember` the answer is kept for whoever asks the same next, and one that was kept
        is given (recent.py). Without it, nothing of the question is left in memory.

        Raises QuestionRefused for a question that cannot be searched, IndexNotBuilt and its kin
        when there is nothing sound to search in.
        """
        started = time.perf_counter()
        most = 1 if by_article else PASSAGES_PER_ARTICLE
        request = Request.of(parse_question(typed), k, mode, as_typed, most, filters)
        answer = self._remembered if remember else self._unremembered
        opened = self._live.opened()
        try:
            result = answer(opened, request)
        except IndexDamaged:  # since it was opened
            self._live.forget(opened)
            result = answer(self._live.opened(), request)
        return replace(result, milliseconds=round((time.perf_counter() - started) * 1000, 2))

    def _remembered(self, opened: OpenGeneration, request: Request) -> SearchResult:
        result = opened.recent.get(request)
        if result is None:
            result = self._answer(opened, request)
            opened.recent.keep(request, result)
        return result

    def _unremembered(self, opened: OpenGeneration, request: Request) -> SearchResult:
        opened.recent.forget(request.question)
        return self._answer(opened, request)

    def _answer(self, opened: OpenGeneration, request: Request) -> SearchResult:
        """Return the answer of one generation; `milliseconds` are told by who knows the start."""
        filters = dict(request.filters)
        read = self._read(opened, request.question, request.mode, request.as_typed)
        urgency = _urgency(opened, read)
        ranking = Ranking()
        if is_answerable(opened, read):
            ranking = opened.rank(read.question, read.mode, read.vector)
        ranked, values = ranking.passages, opened.facet_values(ranking)
        grouped = partial(ranking.grouped, most=request.most)
        best = grouped(narrowed(ranked, filters, values))
        hits = hits_of(opened, read, best[: request.k])
        facets = tuple(facet_values(ranked, filters, values, grouped))
        return SearchResult(
            question=request.question.text,
            verdict=Verdict.FOUND if ranked else Verdict.NOTHING,
            generation=opened.generation.name,
            milliseconds=0.0,
            hits=tuple(hits),
            repairs=read.repairs,
            also=read.question.also,
            urgent=urgent_passages(opened, read) if urgency >= URGENT_FROM else (),
            topics=() if ranked else nearest_topics(opened, read),
            language=read.language,
            warning=opened.warning,
            passages=len(best),
            facets=facets,
        )

    def similar(self, article_id: str, start: int, k: int = 5) -> list[StoredPassage]:
        """Return the passages of other articles nearest in meaning to one, best first.

        The passage is the one that begins at `start` in its article's text; nothing is returned
        when no passage does. Of passages that say the same to the letter there is one.
        """
        opened = self._live.opened()
        number = opened.store.passage_at(article_id, start)
        if number is None:
            return []
        (vector,) = opened.dense.vectors([number])
        nearest = [near for near, _ in opened.dense.search(vector, k * SIMILAR_DEPTH)]
        places = opened.store.places([number, *nearest])
        articles, said = {places.articles[0]}, {places.originals[0]}
        chosen = []
        for near, article, original in zip(
            nearest, places.articles[1:], places.originals[1:], strict=True
        ):
            if article not in articles and original not in said:
                articles.add(article)
                said.add(original)
                chosen.append(near)
        return opened.store.passages(chosen[:k])

    def rank_articles(self, typed: str, mode: Mode = Mode.HYBRID) -> list[tuple[str, float]]:
        """Return every candidate article with the score of its best passage, best first.

        The ranking that `search` shows, before it is cut and before anything is refused; articles
        that say the same are all there.
        """
        opened = self._live.opened()
        ranking = self._rank(opened, typed, mode)
        best = ranking.grouped(ranking.passages, 1, repeats=True)
        names = opened.store.article_ids([passage.number for passage in best])
        return [(names[passage.number], passage.score) for passage in best]

    def rank_passages(
        self, typed: str, count: int, mode: Mode = Mode.HYBRID
    ) -> list[StoredPassage]:
        """Return the passages that `search` would show, best first, before anything is refused."""
        opened = self._live.opened()
        ranking = self._rank(opened, typed, mode)
        best = ranking.grouped(ranking.passages, PASSAGES_PER_ARTICLE)
        return opened.store.passages([passage.number for passage in best[:count]])

    def article(self, article_id: str) -> Article | None:
        """Return one article of the live generation whole, or None when there is none."""
        return self._live.opened().store.article(article_id)

    def catalogue(self) -> list[CatalogueEntry]:
        """Return every article without its text, in the order of their ids."""
        return self._live.opened().store.catalogue()

    def passages_of(self, article_id: str) -> list[StoredPassage]:
        """Return an article's passages in reading order; none when there is no such article."""
        return self._live.opened().store.passages_of(article_id)

    def help_of(self, article_id: str) -> list[StoredPassage]:
        """Return what an article says about getting help, urgent passages first."""
        return self._live.opened().store.help_passages([article_id]).get(article_id, [])

    def matches_in(
        self, article_id: str, typed: str, k: int = 10, *, as_typed: Collection[str] = ()
    ) -> list[Hit]:
        """Return the passages of one article that match a question, best first.

        They are ranked among the whole collection, so a match is as strong here as in `search`.
        """
        opened = self._live.opened()
        read = self._read(opened, parse_question(typed), Mode.HYBRID, as_typed)
        if not is_answerable(opened, read):
            return []
        own = {stored.number for stored in opened.store.passages_of(article_id)}
        ranked = opened.rank(read.question, read.mode, read.vector).passages
        return hits_of(opened, read, [place for place in ranked if place.number in own][:k])

    def question_vectors(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of questions, one row a text in order, by the index's model."""
        return self._encoder_of(self._live.opened().generation).encode_questions(texts)

    def knows_words_of(self, typed: str) -> bool:
        """Return whether each content word of a question stands in some passage; needs no model."""
        keyword = self._live.opened().keyword
        return all(keyword.passages_with(term) for term in parse_question(typed).terms)

    def titles(self, count: int) -> list[str]:
        """Return the titles of up to `count` articles, spread over the collection."""
        titles = self._live.opened().store.titles()
        return titles[:: max(1, len(titles) // count)][:count]

    def warm(self) -> None:
        """Answer one question, so that the first one that somebody asks is quick."""
        self.search("warm")

    def _rank(self, opened: OpenGeneration, typed: str, mode: Mode) -> Ranking:
        read = self._read(opened, parse_question(typed), mode)
        return opened.rank(read.question, read.mode, read.vector)

    def _read(
        self,
        opened: OpenGeneration,
        question: Question,
        mode: Mode,
        as_typed: Collection[str] = (),
    ) -> ReadQuestion:
        """Return the question as it is searched; keyword mode needs no model."""
        if mode is Mode.KEYWORD:
            return ReadQuestion(question, mode)
        encoder = self._encoder_of(opened.generation)
        reader, asked = opened.reader, question
        repairs: tuple[Repair, ...] = ()
        if mode is Mode.HYBRID:
            question, repairs = reader.repaired(question, encoder, as_typed)
            question = reader.widened(question, as_typed)
        known = reader.share_of_known_words(question.text)
        language = language_of_question(question.text, encoder.languages, known)
        if language and language.code in opened.store.foreign_languages():
            return ReadQuestion(question, Mode.KEYWORD, repairs, language)
        gibberish = not language and reader.is_gibberish(asked, repairs, encoder)
        whole = [question.text, question.widened_text] if question.also else [question.text]
        parts = parts_of(question.text)
        vectors = encoder.encode_questions([*whole, *parts])
        vector = unit(vectors[: len(whole)].mean(axis=0, keepdims=True))[0]
        said = np.concatenate([vector[None, :], vectors[len(whole) :]])
        return ReadQuestion(question, mode, repairs, language, vector, gibberish, said)

    def _encoder_of(self, generation: Published) -> Encoder:
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


def _urgency(opened: OpenGeneration, read: ReadQuestion) -> float:
    """Return how urgent a question is; one that the model cannot read is not known to be."""
    if read.said is None or read.language or read.is_gibberish:
        return -1.0
    return opened.urgency.urgency(read.said)
