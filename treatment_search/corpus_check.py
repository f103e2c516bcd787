"""Articles -> what their writer should mend, by the rules of docs/writing-articles.md.

The reading level is the Flesch-Kincaid grade (Kincaid et al. 1975): 0.39 words a sentence
+ 11.8 syllables a word - 15.59. Grade 8 is read at 13.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from treatment_search.chunking import is_reference_section
from treatment_search.corpus import article_files
from treatment_search.errors import ArticleUnreadable, CorpusProblem
from treatment_search.reading import is_written, read_article
from treatment_search.records import Article, FileNote
from treatment_search.sentences import sentence_spans

FEWEST_WORDS, MOST_WORDS = 500, 1200
HIGHEST_GRADE = 8.0
LONGEST_SENTENCE = 30
# Shorter sentences ("Both groups improved.") may well be the same in two articles.
SHARED_WORDS = 5

SOURCES = "Sources"
UNCOVERED = "What this article does not cover"
# Heading -> whether every article of its kind has it; in the order they stand.
TREATMENT_SECTIONS = {
    "What it is": True,
    "How it is done": True,
    "How often and how long": True,
    "What it feels like": False,
    "What can go wrong": False,
    "Who should not": True,
    "How it compares": False,
    "What the evidence says": True,
    "When to see a doctor": True,
    "Get help now": True,
    UNCOVERED: True,
    SOURCES: True,
}
CONDITION_SECTIONS = {
    "What it is": True,
    "What it feels like": True,
    "What causes it": False,
    "How it is found": False,
    "How it is treated": True,
    "How long it takes": True,
    "What to avoid": True,
    "What the evidence says": True,
    "When to see a doctor": True,
    "Get help now": True,
    UNCOVERED: True,
    SOURCES: True,
}
# A source that is nobody's page: what every health worker knows, said so.
COMMON_KNOWLEDGE = "Common knowledge"

_CITED = re.compile(r"\[(\d+)\]")
_LISTED = re.compile(r"^(\d+)\. (.+)$", re.MULTILINE)
_ADDRESS = re.compile(r"https?://[^\s;,>]*")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_FIGURE = re.compile(r"\d")
_VOWELS = re.compile(r"[aeiouy]+")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to mend: the file, its line (from 1), and what to do."""

    path: str
    line: int
    message: str


def check_corpus(corpus: Path, today: datetime.date | None = None) -> list[Finding]:
    """Return what to mend in the folder's articles, by file and line; empty when all is well.

    It looks at Markdown and plain text: the formats that are written by hand.
    """
    if not corpus.is_dir():
        raise CorpusProblem(f"no folder '{corpus}'. Name the folder of the articles")
    unread: list[FileNote] = []
    findings: list[Finding] = []
    articles: list[tuple[str, Article]] = []
    for article_id, path in article_files(corpus, unread):
        if not is_written(article_id):  # nobody mends a web page or a PDF by line
            continue
        data = path.read_bytes()
        try:
            articles.append((data.decode("utf-8", "replace"), read_article(article_id, data)))
        except ArticleUnreadable as error:
            unread.append(FileNote(article_id, str(error)))
    for source, article in articles:
        findings += check_article(source, article, today or datetime.date.today())
    findings += _shared_sentences(articles)
    findings += [Finding(note.path, 1, note.reason) for note in unread]
    return sorted(findings, key=lambda finding: (finding.path, finding.line, finding.message))


def check_article(source: str, article: Article, today: datetime.date) -> list[Finding]:
    """Return what to mend in one article; `source` is its file's text."""
    found = (
        *_front_matter(article, today),
        *_sections(article),
        *_citations(source, article),
        *_length_and_level(article),
    )
    return [
        Finding(article.article_id, _line_of(source, place), message) for place, message in found
    ]


def reading_grade(text: str) -> float:
    """Return the Flesch-Kincaid grade of a text, its source numbers left out."""
    plain = _CITED.sub("", text)
    words = _WORD.findall(plain)
    sentences = max(1, len(sentence_spans(plain)))
    syllables = sum(_syllables(word) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * syllables / max(1, len(words)) - 15.59


def _syllables(word: str) -> int:
    lowered = word.lower()
    count = len(_VOWELS.findall(lowered))
    silent = lowered.endswith("e") and not lowered.endswith("le")
    return max(1, count - silent)


# Each check yields (what stands at the place in the file, what to do).
_Found = Iterator[tuple[str, str]]


def _front_matter(article: Article, today: datetime.date) -> _Found:
    metadata = article.metadata
    for note in article.notes:
        yield "---", note
    if article.title == Path(article.article_id).stem.replace("-", " "):
        yield "---", "the top of the file lacks 'title:'; add what the article is about"
    needed = {
        "conditions": metadata.conditions,
        "source": metadata.source,
        "reviewed": metadata.reviewed,
        "licence": metadata.licence,
    }
    for name, value in needed.items():
        if not value:
            yield "---", f"the top of the file lacks '{name}:'; add it"
    if metadata.reviewed and datetime.date.fromisoformat(metadata.reviewed) > today:
        yield "reviewed:", f"reviewed {metadata.reviewed} is in the future; put the day it was"


def _sections(article: Article) -> _Found:
    kind = "treatment" if article.metadata.treatment else "condition"
    template = TREATMENT_SECTIONS if article.metadata.treatment else CONDITION_SECTIONS
    names = [section.headings[-1] for section in article.sections if section.headings]
    for name, required in template.items():
        if required and name not in names:
            yield "---", f"the section '{name}' is missing; every {kind} article has it"
    known = [name for name in names if name in template]
    if known != sorted(known, key=list(template).index):
        yield f"## {known[0]}", f"the sections stand in another order than {', '.join(template)}"
    for section in article.sections:
        name = section.headings[-1] if section.headings else ""
        if not name:
            yield "---", "text stands above the first heading; put it below '## What it is'"
        elif name not in template:
            yield f"# {name}", f"'{name}' is no section of a {kind} article; see the template"
        elif names.count(name) > 1:
            yield f"# {name}", f"the section '{name}' stands there twice; make one of them"
        elif section.start == section.end:
            yield f"# {name}", f"the section '{name}' is empty; fill it or take it out"


def _citations(source: str, article: Article) -> _Found:
    # Read from the file: Markdown would number the list anew, and the writer's numbers are cited.
    _, heading, below = source.partition(f"\n## {SOURCES}\n")
    listed = {int(number): name for number, name in _LISTED.findall(below)}
    cited = {int(number) for number in _CITED.findall(_without_sources(article))}
    for number in sorted(cited - listed.keys()):
        yield f"[{number}]", f"source [{number}] is not listed under Sources; add it"
    for number, name in listed.items():
        line = f"{number}. {name}"
        addresses = _ADDRESS.findall(name)
        if number not in cited:
            yield line, f"source {number} is listed and never used; use it or take it out"
        if COMMON_KNOWLEDGE not in name and not addresses:
            yield line, f"source {number} has no address; add it between < and >"
        for address in addresses:
            if not urlsplit(address).hostname:
                yield line, f"source {number}: {address} is not an address"
    if len(_LISTED.findall(below)) != len(listed) or list(listed) != sorted(listed):
        yield heading.strip(), "number the sources 1, 2, 3, each number once"
    elif listed and max(listed) != len(listed):
        yield heading.strip(), "number the sources 1, 2, 3 without a gap"
    for section in article.sections:
        if section.headings[-1:] not in ((SOURCES,), (UNCOVERED,)):
            yield from _unsourced_figures(article.text[section.start : section.end])


def _unsourced_figures(text: str) -> _Found:
    """Yield lines with a figure and no source; a list has the source of the line above it."""
    above = ""
    for block in text.split("\n\n"):
        introduced = block.startswith("• ") and bool(_CITED.search(above))
        for line in block.split("\n"):
            bare = _FIGURE.search(_CITED.sub("", line)) and not _CITED.search(line)
            if bare and not introduced:
                yield line, "a figure without its source; add the number, such as [1]"
        above = block


def _length_and_level(article: Article) -> _Found:
    text = _CITED.sub("", _without_sources(article))
    words = len(text.split())
    if not FEWEST_WORDS <= words <= MOST_WORDS:
        yield "---", f"{words} words; write {FEWEST_WORDS} to {MOST_WORDS}"
    grade = reading_grade(text)
    if grade > HIGHEST_GRADE:
        yield (
            "---",
            f"reading grade {grade:.1f}, at most {HIGHEST_GRADE:.0f}: shorter sentences, "
            "plainer words",
        )
    for start, end in sentence_spans(text):
        if len(text[start:end].split()) > LONGEST_SENTENCE:
            yield text[start:end], f"a sentence of over {LONGEST_SENTENCE} words; make two of it"


def _shared_sentences(articles: list[tuple[str, Article]]) -> Iterator[Finding]:
    first_in: dict[str, str] = {}
    for source, article in articles:
        text = _without_sources(article)
        for start, end in sentence_spans(text):
            words = " ".join(_WORD.findall(_CITED.sub("", text[start:end]).lower()))
            if len(words.split()) < SHARED_WORDS:
                continue
            other = first_in.setdefault(words, article.article_id)
            if other != article.article_id:
                yield Finding(
                    article.article_id,
                    _line_of(source, text[start:end]),
                    f"this sentence stands in {other} too; say it in other words",
                )


def _without_sources(article: Article) -> str:
    return "\n".join(
        article.text[s.start : s.end]
        for s in article.sections
        if not is_reference_section(s.headings)
    )


def _line_of(source: str, place: str) -> int:
    """Return the line of the file where `place` begins, or 1 when it stands otherwise there."""
    begin = " ".join(place.removeprefix("• ").split())[:40]
    for number, line in enumerate(source.split("\n"), 1):
        if begin and begin in " ".join(line.split()):
            return number
    return 1
