"""One generation with its files open: a question -> its passages ranked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from treatment_search import generations
from treatment_search.analysis import terms
from treatment_search.dense import DenseIndex
from treatment_search.encoder import Encoder, Vectors, unit
from treatment_search.fusion import Evidence, at_most_per_group, fuse
from treatment_search.generations import Generation
from treatment_search.lay_words import also_searched
from treatment_search.lexical import Field, KeywordIndex
from treatment_search.questions import Question, parse_question
from treatment_search.records import Mode, RankedPassage, Repair
from treatment_search.spelling import Speller
from treatment_search.store import PassageStore

# Candidates from each side; more changes nDCG@10 by less than 0.005 (docs/ranking.md).
DEPTH = 200


@dataclass(frozen=True)
class OpenGeneration:
    """The parts of one published generation; a question uses the same one from start to end."""

    generation: Generation
    store: PassageStore
    dense: DenseIndex
    headings: DenseIndex
    keyword: KeywordIndex
    articles: KeywordIndex

    @classmethod
    def of(cls, generation: Generation) -> OpenGeneration:
        """Open the files of a generation; raise IndexDamaged when one cannot be."""
        folder = generation.folder
        return cls(
            generation,
            PassageStore(folder / generations.PASSAGES),
            DenseIndex.open(folder / generations.DENSE),
            DenseIndex.open(folder / generations.HEADINGS),
            KeywordIndex.open(folder / generations.KEYWORD),
            KeywordIndex.open(folder / generations.ARTICLES),
        )

    def widened(self, question: Question) -> Question:
        """Return the question with the other words for it that this collection has."""
        also = also_searched(question.terms)
        known = (pair for pair in also if any(map(self.keyword.passages_with, terms(pair.other))))
        return replace(question, also=tuple(known))

    def repaired(self, question: Question, encoder: Encoder) -> tuple[Question, tuple[Repair, ...]]:
        """Return the question with its misspelt words as the collection spells them."""

        def is_known(word: str) -> bool:
            stemmed = terms(word)
            return not stemmed or any(
                self.keyword.passages_with(term) or encoder.count_tokens([word, term]).count(1)
                for term in stemmed
            )

        text, repairs = self._speller.repair(question.text, is_known)
        return (parse_question(text) if repairs else question), repairs

    @cached_property
    def _speller(self) -> Speller:
        return Speller(self.store.vocabulary())

    def rank(
        self, question: Question, mode: Mode, encode: Callable[[str], Vectors]
    ) -> list[RankedPassage]:
        """Return every candidate passage, best first; `encode` is not called for keyword mode."""
        words = question.terms
        keyword = {} if mode is Mode.DENSE else self._found(self.keyword, Field.TEXT, question)
        if mode is Mode.KEYWORD:
            found = {n: Evidence(0.0, 0.0, score, 0.0, 0.0) for n, score in keyword.items()}
            return fuse(found, len(words), mode)
        heading, article, ceiling = {}, {}, 0.0
        if mode is Mode.HYBRID:
            heading = self._found(self.keyword, Field.HEADING, question)
            article = self._found(self.articles, Field.TEXT, question)
            ceiling = self.keyword.ceiling(Field.HEADING, words)
        vector = encode(question.text)
        if question.also:
            vector = unit((vector + encode(question.widened_text))[None, :])[0]
        nearest = {number for number, _ in self.dense.search(vector, DEPTH)}
        numbers = sorted(nearest | keyword.keys() | heading.keys())
        cosines = self.dense.cosines(vector, numbers)
        heading_cosines = self.headings.cosines(vector, [self.store.contexts[n] for n in numbers])
        candidates = {
            number: Evidence(
                float(cosine),
                float(heading_cosine),
                keyword.get(number, 0.0),
                heading.get(number, 0.0),
                article.get(self.store.articles[number], 0.0),
            )
            for number, cosine, heading_cosine in zip(
                numbers, cosines, heading_cosines, strict=True
            )
        }
        return fuse(candidates, len(words), mode, heading_ceiling=ceiling)

    def grouped(self, ranked: list[RankedPassage], most: int) -> list[RankedPassage]:
        """Return the ranking with at most so many passages of one article."""
        article_of = {passage.number: self.store.articles[passage.number] for passage in ranked}
        return at_most_per_group(ranked, article_of, most)

    @staticmethod
    def _found(index: KeywordIndex, field: Field, question: Question) -> dict[int, float]:
        return dict(index.search(field, question.terms, DEPTH, question.other_terms))
