"""One generation with its files open: a question -> its passages ranked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from treatment_search import generations
from treatment_search.analysis import terms
from treatment_search.bands import certainty
from treatment_search.dense import DenseIndex
from treatment_search.facets import ValuesOf, values_of
from treatment_search.fusion import Evidence, fuse
from treatment_search.generations import Generation
from treatment_search.lexical import KeywordIndex
from treatment_search.offtopic import NEAREST, NEAREST_OFF_TOPIC, coverage
from treatment_search.parts import (
    InOrder,
    Nearest,
    Passages,
    Published,
    Sentences,
    Words,
    WordSearch,
)
from treatment_search.questions import Question
from treatment_search.ranking import Ranking
from treatment_search.recent import RecentAnswers
from treatment_search.records import Field, Metadata, Mode, RankedPassage, Role
from treatment_search.references import ReferenceVectors
from treatment_search.rows import Numbers, Rows
from treatment_search.sentence_vectors import SentenceVectors
from treatment_search.store import PassageStore
from treatment_search.understanding import QuestionReader
from treatment_search.urgency import UrgencyLine
from treatment_search.vectors import Vectors, cosines

# Candidates from each side; more changes nDCG@10 by less than 0.005 (docs/ranking.md).
DEPTH = 200
# Articles whose description is kept at hand.
_DESCRIBED = 20_000


@dataclass(frozen=True)
class OpenGeneration:
    """The parts of one published generation; a question uses the same one from start to end."""

    generation: Published
    store: Passages
    dense: Nearest
    headings: Nearest
    keyword: Words
    articles: WordSearch
    sentences: Sentences
    urgent: InOrder
    references: ReferenceVectors
    warning: str | None = None
    """What is wrong with the live generation, when this one answers in its place."""

    @classmethod
    def of(cls, generation: Generation, warning: str | None = None) -> OpenGeneration:
        """Open the files of a generation; raise IndexDamaged when one cannot be."""
        folder = generation.folder
        store = PassageStore(folder / generations.PASSAGES)
        dense = DenseIndex.open(folder / generations.DENSE)
        return cls(
            generation,
            store,
            dense,
            DenseIndex.open(folder / generations.HEADINGS),
            KeywordIndex.open(folder / generations.KEYWORD),
            KeywordIndex.open(folder / generations.ARTICLES),
            SentenceVectors.open(folder / generations.SENTENCES),
            _HelpPassages(store, dense, Role.URGENT),
            ReferenceVectors(Rows.open(folder / generations.REFERENCES, np.float32).all()),
            warning,
        )

    @cached_property
    def recent(self) -> RecentAnswers:
        """Return the last answers that this generation gave."""
        return RecentAnswers()

    @cached_property
    def reader(self) -> QuestionReader:
        """Return what reads questions for this collection."""
        return QuestionReader(self.store, self.keyword)

    @cached_property
    def urgency(self) -> UrgencyLine:
        """Return what tells urgent signs from calm ones, in this generation's model."""
        known = self.references
        return UrgencyLine(known.urgent, known.calm, known.off_topic)

    def facet_values(self, ranking: Ranking) -> ValuesOf:
        """Return what tells the values of a ranking's passages under each facet."""
        about = self._subjects(set(ranking.article_of.values()))
        return values_of(ranking.article_of, about.__getitem__, ranking.role_of.__getitem__)

    def _subjects(self, articles: Collection[int]) -> dict[int, Metadata]:
        kept = self._described
        found = {article: about for article in articles if (about := kept.get(article))}
        missing = [article for article in articles if article not in found]
        if missing:
            fresh = self.store.subjects(missing)
            if len(kept) + len(fresh) > _DESCRIBED:
                kept.clear()
            kept |= fresh
            found |= fresh
        return found

    @cached_property
    def _described(self) -> dict[int, Metadata]:
        return {}

    def rank(self, question: Question, mode: Mode, vector: Vectors | None) -> Ranking:
        """Return every candidate passage, best first; keyword mode needs no vector."""
        words = question.terms
        keyword = {} if mode is Mode.DENSE else self._found(self.keyword, Field.TEXT, question)
        if mode is Mode.KEYWORD or vector is None:
            found = {n: Evidence(0.0, 0.0, score, 0.0, 0.0) for n, score in keyword.items()}
            return Ranking(fuse(found, len(words), mode), self.store.places(list(found)))
        heading, article, ceiling = {}, {}, 0.0
        if mode is Mode.HYBRID:
            heading = self._found(self.keyword, Field.HEADING, question)
            article = self._found(self.articles, Field.TEXT, question)
            ceiling = self.keyword.ceiling(Field.HEADING, words)
        nearest = {number for number, _ in self.dense.search(vector, DEPTH)}
        numbers = sorted(nearest | keyword.keys() | heading.keys())
        places = self.store.places(numbers)
        covered = self._covered(question, places.contexts) if mode is Mode.HYBRID else {}
        cosines = self.dense.cosines(vector, numbers)
        heading_cosines = self.headings.cosines(vector, places.contexts)
        candidates = {
            number: Evidence(
                float(cosine),
                float(heading_cosine),
                keyword.get(number, 0.0),
                heading.get(number, 0.0),
                article.get(of_article, 0.0),
                covered.get(context, 0.0),
                is_aside,
            )
            for number, context, cosine, heading_cosine, of_article, is_aside in zip(
                numbers,
                places.contexts,
                cosines,
                heading_cosines,
                places.articles,
                places.asides,
                strict=True,
            )
        }
        return Ranking(fuse(candidates, len(words), mode, heading_ceiling=ceiling), places)

    def term_shares(self, question: Question) -> dict[str, float]:
        """Return which share of what was typed each term is, rare ones more; others beside it.

        The typed ones add up to 1, unless there are none.
        """
        rarity = {term: self.keyword.rarity(term) for term in question.all_terms}
        whole = sum(rarity[term] for term in question.terms) or 1.0
        return {term: rare / whole for term, rare in rarity.items()}

    def _covered(self, question: Question, contexts: Iterable[int]) -> dict[int, float]:
        """Return which share of the question's words, by rarity, each heading path holds."""
        shares = self.term_shares(question)
        return {
            # In the question's order: a set's own would add up to another last bit each run.
            context: min(1.0, sum(share for term, share in shares.items() if term in held))
            for context, held in self.store.context_terms(contexts).items()
        }

    def covers(self, question: Question, vector: Vectors) -> bool:
        """Return whether the collection has what a question is about."""
        floor = self.generation.manifest.floor
        return floor is None or self.coverage(question, vector, self._kept) >= floor

    def against(self, vector: Vectors, off_topic: Vectors | None = None) -> float:
        """Return a question's mean cosine to the off-topic questions nearest to it."""
        nearest = _nearest(self._kept if off_topic is None else off_topic, vector)
        return sum(nearest) / len(nearest) if nearest else 0.0

    def certainty(
        self, question: Question, against: float, ranked: RankedPassage, held: Collection[str]
    ) -> float:
        """Return how sure it is that a ranked passage, with these terms, is what was asked for."""
        return self.certainties(question, against, [ranked], [held])[0]

    def certainties(
        self,
        question: Question,
        against: float,
        ranked: Iterable[RankedPassage],
        held_by: Iterable[Collection[str]],
    ) -> list[float]:
        """Return how sure each of these passages is, in order; `held_by` has the terms of each."""
        share_of = self._share_of_words(question)
        return [
            certainty(
                max(place.dense, place.heading_dense),
                against,
                share_of(held.__contains__),
                place.article_keyword,
            )
            for place, held in zip(ranked, held_by, strict=True)
        ]

    @cached_property
    def _kept(self) -> Vectors:
        return self.references.off_topic[self.generation.manifest.off_topic]

    def coverage(self, question: Question, vector: Vectors, off_topic: Vectors) -> float:
        """Return how well a question is covered, against these off-topic questions' vectors."""
        return coverage(
            [cosine for _, cosine in self.dense.search(vector, NEAREST)],
            [cosine for _, cosine in self.headings.search(vector, NEAREST)],
            _nearest(off_topic, vector),
            self._share_of_words(question)(lambda word: self.keyword.passages_with(word) > 0),
        )

    def _share_of_words(self, question: Question) -> Callable[[Callable[[str], bool]], float]:
        """Return what tells the share of a question's words that are had, from what is had.

        Rare words count more. A word is had too when the other word for it is: "jab", where
        articles say injection.
        """
        others = {typed: terms(pair.other) for pair in question.also for typed in terms(pair.typed)}
        shares = self.term_shares(question)

        def share_of(has: Callable[[str], bool]) -> float:
            return sum(
                shares[word]
                for word in question.terms
                if has(word) or any(map(has, others.get(word, ())))
            )

        return share_of

    @staticmethod
    def _found(index: WordSearch, field: Field, question: Question) -> dict[int, float]:
        return dict(index.search(field, question.terms, DEPTH, question.other_terms))


@dataclass(frozen=True)
class _HelpPassages:
    """The passages on getting help of one kind, in a folder: few enough to look at each."""

    store: PassageStore
    dense: DenseIndex
    role: Role

    @cached_property
    def _numbers(self) -> Numbers:
        return np.array(self.store.help_numbers(self.role), np.int64)

    def nearest(self, vector: Vectors) -> Iterator[tuple[int, float]]:
        """Yield (number, cosine), best first, ties by number."""
        found = cosines(self._vectors, vector)
        order = np.argsort(-found, kind="stable")  # the numbers are ascending
        yield from zip(self._numbers[order].tolist(), found[order].tolist(), strict=True)

    @cached_property
    def _vectors(self) -> Vectors:
        # Read from the disk once: at each urgent question it would be most of the time.
        return self.dense.vectors(self._numbers)


def _nearest(off_topic: Vectors, vector: Vectors) -> list[float]:
    """Return the cosines of the off-topic questions nearest to a question, best first."""
    if not len(off_topic):
        return []
    cosines: list[float] = np.sort(off_topic @ vector)[::-1][:NEAREST_OFF_TOPIC].tolist()
    return cosines
