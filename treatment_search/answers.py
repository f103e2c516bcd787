"""Ranked passages -> what a person is shown of them, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from treatment_search.analysis import content_words, terms
from treatment_search.highlight import best_sentence, matched_words
from treatment_search.lexical import ALSO_WEIGHT
from treatment_search.questions import Question
from treatment_search.records import (
    Hit,
    Language,
    Mode,
    RankedPassage,
    Reasons,
    Repair,
    Role,
    StoredPassage,
    Topic,
    UrgentPassage,
)
from treatment_search.retrieval import OpenGeneration
from treatment_search.sentences import sentence_spans
from treatment_search.vectors import Vectors

_TOPICS = 4
_MOST_HELP = 2
# Urgent passages whose sentences are read in one step.
_AT_ONCE = 128
# Of more passages on getting help now than so many, the nearest as a whole are looked into.
MOST_URGENT = 1_024
_HIGHEST_COSINE = 1.0 + 1e-6  # with what rounding adds


@dataclass(frozen=True, slots=True)
class ReadQuestion:
    """A question as it is searched; `vector` is None in keyword mode.

    `said` are unit rows of the whole question and of each of its clauses.
    """

    question: Question
    mode: Mode
    repairs: tuple[Repair, ...] = ()
    language: Language | None = None
    vector: Vectors | None = None
    is_gibberish: bool = False
    said: Vectors | None = None


def is_answerable(opened: OpenGeneration, read: ReadQuestion) -> bool:
    """Return whether the collection has what a question asks, in a language that can be read.

    By words alone anything may be asked.
    """
    if read.vector is None:
        return True
    readable = read.language is None and not read.is_gibberish
    return readable and opened.covers(read.question, read.vector)


def hits_of(
    opened: OpenGeneration, read: ReadQuestion, ranked: Sequence[RankedPassage]
) -> list[Hit]:
    """Return the ranked passages as they are shown, in order."""
    stored = opened.store.passages([place.number for place in ranked])
    help_of = opened.store.help_passages([one.passage.article_id for one in stored])
    also_in = opened.store.also_in([place.number for place in ranked])
    against = 0.0 if read.vector is None else opened.against(read.vector)
    words_of = [content_words(one.passage.text) for one in stored]
    held_by = [
        frozenset((*terms(one.passage.context), *(word.term for word in words)))
        for one, words in zip(stored, words_of, strict=True)
    ]
    certainties = opened.certainties(read.question, against, ranked, held_by)
    bands = opened.generation.manifest.bands.bands(certainties)
    shares = _shares_to_mark(opened, read.question)
    cosines_of = _sentence_cosines(opened, read, [place.number for place in ranked])
    hits: list[Hit] = []
    for place, one, band, words, held, cosines in zip(
        ranked, stored, bands, words_of, held_by, cosines_of, strict=True
    ):
        text = one.passage.text
        spans = matched_words(words, read.question.all_terms)
        can_answer = one.role is not Role.OTHER
        hits.append(
            Hit(
                rank=len(hits) + 1,
                passage=one,
                score=place.score,
                band=band,
                dense=place.dense,
                keyword=place.keyword,
                sentence=best_sentence(text, words, cosines, shares) if can_answer else None,
                words=spans,
                why=_reasons(read, place, held, against, [text[a:b] for a, b in spans]),
                help=_help(help_of.get(one.passage.article_id, []), place.number),
                also_in=also_in.get(place.number, ()),
            )
        )
    return hits


def urgent_passages(opened: OpenGeneration, read: ReadQuestion) -> tuple[UrgentPassage, ...]:
    """Return the collection's passage on getting help now that is nearest to an urgent question.

    Nearest as a whole and by its nearest sentence, in equal parts; that sentence is marked.
    """
    vector = read.vector
    if vector is None:
        return ()
    found = nearest_with_sentence(
        opened.urgent.nearest(vector), lambda some: opened.sentences.cosines_of(some, vector)
    )
    if found is None:
        return ()
    best, cosines = found
    (stored,) = opened.store.passages([best])
    spans = sentence_spans(stored.passage.text)
    return (UrgentPassage(stored, spans[cosines.index(max(cosines))] if cosines else None),)


def nearest_with_sentence(
    nearest: Iterable[tuple[int, float]],
    cosines_of: Callable[[Sequence[int]], Sequence[list[float]]],
) -> tuple[int, list[float]] | None:
    """Return the passage with the highest sum of two cosines, and the cosines of its sentences.

    `nearest` are passages with their cosines, best first; None when there is none. The two are
    its own and its nearest sentence's, or its own twice when it has none; ties by number. The
    sentences of a large collection's thousands of passages are not all read: where a sentence of
    cosine 1 would not help any more, and after MOST_URGENT passages, the rest is passed over.
    """
    left = islice(nearest, MOST_URGENT)
    found: list[tuple[float, int, list[float]]] = []
    while some := list(islice(left, _AT_ONCE)):
        if found and some[0][1] + _HIGHEST_COSINE < found[0][0]:
            break
        of_sentences = cosines_of([number for number, _ in some])
        found += [
            (cosine + max(cosines, default=cosine), number, cosines)
            for (number, cosine), cosines in zip(some, of_sentences, strict=True)
        ]
        found = [min(found, key=lambda one: (-one[0], one[1]))]
    return found[0][1:] if found else None


def nearest_topics(opened: OpenGeneration, read: ReadQuestion) -> tuple[Topic, ...]:
    """Return the articles nearest to a question that nothing answers, best first."""
    if read.vector is None or read.language is not None or read.is_gibberish:
        return ()
    nearest = opened.dense.search(read.vector, _TOPICS * 5)
    stored = opened.store.passages([number for number, _ in nearest])
    topics = dict.fromkeys(Topic(one.passage.article_id, one.title) for one in stored)
    return tuple(topics)[:_TOPICS]


def _sentence_cosines(
    opened: OpenGeneration, read: ReadQuestion, numbers: Sequence[int]
) -> Sequence[list[float]]:
    """Return the cosine of each sentence with the question, passage by passage; none by words."""
    if read.vector is None:
        return [[] for _ in numbers]
    return opened.sentences.cosines_of(numbers, read.vector)


def _shares_to_mark(opened: OpenGeneration, question: Question) -> dict[str, float]:
    """Return which share of the question each term is, words that were not typed less."""
    typed = set(question.terms)
    return {
        term: share * (1.0 if term in typed else ALSO_WEIGHT)
        for term, share in opened.term_shares(question).items()
    }


def _reasons(
    read: ReadQuestion,
    place: RankedPassage,
    held: frozenset[str],
    against: float,
    written: Sequence[str],
) -> Reasons:
    return Reasons(
        by_meaning=read.vector is not None and max(place.dense, place.heading_dense) > against,
        words=tuple(dict.fromkeys(word.casefold() for word in written)),
        repairs=tuple(r for r in read.repairs if held.intersection(terms(r.read_as))),
        also=tuple(pair for pair in read.question.also if held.intersection(terms(pair.other))),
    )


def _help(passages: Sequence[StoredPassage], shown: int) -> tuple[StoredPassage, ...]:
    """Return the first urgent and the first doctor's passage that is not the one shown."""
    first: dict[Role, StoredPassage] = {}
    for stored in passages:
        if stored.number != shown:
            first.setdefault(stored.role, stored)
    return tuple(first.values())[:_MOST_HELP]
