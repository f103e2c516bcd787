"""The ideas the package passes around, one frozen record each."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

HEADING_SEPARATOR = " › "


@dataclass(frozen=True, slots=True)
class Metadata:
    """What an article's file says about it; None or empty where it says nothing.

    `reviewed` is the day somebody last checked the content, `updated` the day that a web page, a
    PDF or a Word file says it was last changed; both as year-month-day.
    """

    treatment: str | None = None
    conditions: tuple[str, ...] = ()
    source: str | None = None
    url: str | None = None
    reviewed: str | None = None
    licence: str | None = None
    updated: str | None = None

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Metadata:
        """Return the metadata of what `asdict` made of it, and JSON kept."""
        return cls(**{**fields, "conditions": tuple(fields["conditions"])})


@dataclass(frozen=True, slots=True)
class Language:
    """A language by its code (ISO 639-1) and its English name."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch `article.text[start:end]` under one heading path (without the article's title)."""

    headings: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Article:
    """One file of the corpus as plain text; `article_id` is its path inside the corpus folder.

    The headings are not part of `text`; `sections` cover it in order and do not overlap.
    `notes` are what the keeper of the articles should know about the reading of this file;
    `language` is that of an article which the model does not read. `pages` says where each page
    begins in `text`, the first one first; it is empty for a file that has no pages. A page
    without text begins where the next one does.
    """

    article_id: str
    title: str
    text: str
    sections: tuple[Section, ...]
    metadata: Metadata = field(default_factory=Metadata)
    notes: tuple[str, ...] = ()
    language: Language | None = None
    pages: tuple[int, ...] = ()

    def page_at(self, offset: int) -> int | None:
        """Return the page, counted from 1, on which the character at `offset` stands."""
        return bisect_right(self.pages, offset) or None


@dataclass(frozen=True, slots=True)
class Passage:
    """Whole sentences of one section: `article.text[start:end] == text`, always.

    `section` counts the article's sections from 0. `context` is the title and the headings
    as they are embedded, shortened where they would crowd out the text. `page` is the page on
    which it begins, counted from 1, and None for an article without pages.
    """

    article_id: str
    section: int
    headings: tuple[str, ...]
    context: str
    start: int
    end: int
    text: str
    page: int | None = None

    @property
    def embedded_text(self) -> str:
        """Return exactly what the model reads for this passage."""
        return f"{self.context}: {self.text}"

    @property
    def text_offset(self) -> int:
        """Return where the text begins in what the model reads."""
        return len(self.context) + 2


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article with its passages as chunked, and the digest of the file it was read from."""

    article: Article
    digest: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class ArticleSummary:
    """What the report of an ingest needs of an article; `text_key` tells its text from others."""

    article_id: str
    notes: tuple[str, ...]
    words: int
    text_key: bytes


class Role(StrEnum):
    """What a section is for: what it is, what is done, who should not, when to get help, ..."""

    ABOUT = "about"
    HOW = "how"
    CAUTION = "caution"
    DOCTOR = "doctor"
    URGENT = "urgent"
    EVIDENCE = "evidence"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage as the store gives it back, with what its article says about itself."""

    number: int
    title: str
    metadata: Metadata
    passage: Passage
    role: Role


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """An article as a list of the collection needs it; `headings` are the paths of its sections."""

    article_id: str
    title: str
    metadata: Metadata
    headings: tuple[tuple[str, ...], ...]
    passages: int


class Mode(StrEnum):
    """Which evidence ranks: both kinds, the vectors alone, or the words alone."""

    HYBRID = "hybrid"
    DENSE = "dense"
    KEYWORD = "keyword"


class Field(StrEnum):
    """What can be searched: all the model reads of a passage, or its title and headings alone."""

    TEXT = "text"
    HEADING = "heading"


class Band(StrEnum):
    """How sure a match is, in words instead of a number."""

    STRONG = "strong"
    POSSIBLE = "possible"
    WEAK = "weak"


class Verdict(StrEnum):
    """Whether the collection has an answer worth showing."""

    FOUND = "found"
    NOTHING = "nothing"


Span: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class RankedPassage:
    """A passage number with its evidence; every score is higher-is-better.

    `score` orders the ranking and does not compare between questions. `dense` and
    `heading_dense` are cosines in -1..1; the three keyword scores (of the passage, of its
    headings, of its whole article) are BM25 over the best BM25 of this question, 0..1.
    """

    number: int
    score: float
    dense: float
    heading_dense: float
    keyword: float
    heading_keyword: float
    article_keyword: float


@dataclass(frozen=True, slots=True)
class Repair:
    """A word as it was typed, and as it was read."""

    typed: str
    read_as: str


@dataclass(frozen=True, slots=True)
class AlsoSearched:
    """Words of a question, and other words for the same that were searched beside them."""

    typed: str
    other: str


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why a passage is shown, for a person to read.

    `by_meaning` when the model finds it nearer to the question than what is about other things;
    `words` of the question as they stand in the passage, each once; `repairs` and `also` are
    those of the result that this passage holds.
    """

    by_meaning: bool
    words: tuple[str, ...] = ()
    repairs: tuple[Repair, ...] = ()
    also: tuple[AlsoSearched, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """One passage of an answer; `sentence` and `words` are offsets into its text.

    `help` are the passages of the same article that say when to get help, urgent ones first;
    `also_in` the other articles that say the same to the letter, by their ids.
    """

    rank: int
    passage: StoredPassage
    score: float
    band: Band
    dense: float
    keyword: float
    sentence: Span | None
    words: tuple[Span, ...]
    why: Reasons
    help: tuple[StoredPassage, ...] = ()
    also_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UrgentPassage:
    """What an article says about getting help now; `sentence` are offsets into its text."""

    passage: StoredPassage
    sentence: Span | None


@dataclass(frozen=True, slots=True)
class Topic:
    """An article that is near to a question which nothing answers."""

    article_id: str
    title: str


class Facet(StrEnum):
    """What an answer can be narrowed down by."""

    TREATMENT = "treatment"
    CONDITION = "condition"
    ROLE = "role"
    SOURCE = "source"


Filters: TypeAlias = Mapping[Facet, tuple[str, ...]]
"""The values chosen under each facet: one of them must hold, under every facet that has some."""


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One choice under a facet, and how many passages it leaves."""

    facet: Facet
    value: str
    passages: int


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer to one question; `hits` is empty when the verdict is nothing.

    `repairs` are the misspelt words that were searched as the collection spells them, `also`
    the words that were searched beside those typed. `urgent` are passages on getting help now,
    when the question describes a sign for it; `topics` the nearest articles when nothing is
    found; `language` that of the question when the model does not read it. `warning` says what
    is damaged when an older generation answers in place of the live one. `passages` counts what
    there is to show, of which `hits` is the beginning; `facets` are the ways to narrow it down.
    The verdict does not depend on filters: under some, what was found may have no hits.
    """

    question: str
    verdict: Verdict
    generation: str
    milliseconds: float
    hits: tuple[Hit, ...]
    repairs: tuple[Repair, ...] = ()
    also: tuple[AlsoSearched, ...] = ()
    urgent: tuple[UrgentPassage, ...] = ()
    topics: tuple[Topic, ...] = ()
    language: Language | None = None
    warning: str | None = None
    passages: int = 0
    facets: tuple[FacetValue, ...] = ()


@dataclass(frozen=True, slots=True)
class FileNote:
    """A file of the corpus and what the keeper of the articles should know about it."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Move:
    """An article whose content went from one path to another."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What one ingest did. added, changed, removed and unchanged count articles.

    `embedded` counts passages sent through the model. `rebuilt` says why everything was
    made anew, and is None when it was not. `touched` names the articles added or changed;
    `moved` those that are neither added nor removed, but have another path.
    """

    generation: str
    articles: int
    passages: int
    added: int
    changed: int
    removed: int
    unchanged: int
    embedded: int
    skipped: tuple[FileNote, ...]
    warnings: tuple[FileNote, ...]
    seconds: float
    rebuilt: str | None = None
    dry_run: bool = False
    touched: tuple[str, ...] = ()
    moved: tuple[Move, ...] = ()


@dataclass(frozen=True, slots=True)
class DenseRecord:
    """How vectors are found: in how many lists, and how many of them a question looks into.

    `recall` is the share of the ten nearest that is found, in the mean over a sample.
    Without lists (0) every vector is looked at.
    """

    lists: int = 0
    probed: int = 0
    recall: float = 1.0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Measures of one set of judged questions, each 0..1 and a mean over the questions.

    The plain fields are the hybrid mode's; `by_mode` holds nDCG@10 of each mode.
    """

    questions: int
    passages: int
    ndcg_at_10: float
    recall_at_100: float
    success_at_1: float
    milliseconds_p50: float
    milliseconds_p95: float
    by_mode: dict[Mode, float]
