"""Records -> HTML. Every character of an article, a file name or a question passes `escaped`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise

from treatment_search.records import (
    HEADING_SEPARATOR,
    Band,
    Hit,
    Metadata,
    Passage,
    Reasons,
    Role,
    Span,
    StoredPassage,
    UrgentPassage,
)

# What Markdown, LaTeX and Streamlit's own :shortcodes: give a meaning to. Inside a word dot, dash
# and underscore have none, but for "www.": a screen reader is told labels as they are written here.
_MARKDOWN = re.compile(
    r"([\\`*{}\[\]()#+!|<>~$:&^=@/]|(?<![^\W_])[-._]|[-._](?![^\W_])|(?<=www)\.)", re.IGNORECASE
)
# Marks that would draw what follows from right to left. A direction of its own gives a name <bdi>.
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_ISOLATED = "\u2068{}\u2069"  # what <bdi> is where there is no HTML

LONGEST = 300
_MOST_WORDS = 6

_BANDS = {
    Band.STRONG: ("Strong match", "Very likely about what you asked."),
    Band.POSSIBLE: ("Possible match", "It may be about what you asked."),
    Band.WEAK: ("Weak match", "It only touches on what you asked."),
}


def escaped(text: str) -> str:
    """Return text that HTML shows letter by letter, in the order they are written."""
    return escape(_REORDERING.sub("", text), quote=True)


def named(text: str) -> str:
    """Return a title, heading or file name in HTML: on one card, and turning nothing around it."""
    return f"<bdi>{escaped(shortened(text))}</bdi>"


def plain(text: str) -> str:
    """Return the same for where Streamlit shows plain text, such as the choices of a box."""
    line = shortened(_REORDERING.sub("", " ".join(text.split())))
    turns = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in line)
    return _ISOLATED.format(line) if turns else line


def label(text: str) -> str:
    """Return the same for a Streamlit label, which is Markdown."""
    return _MARKDOWN.sub(r"\\\1", plain(text))


def shortened(text: str) -> str:
    """Return text that fits on a card: a title may be as long as a file."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def hit_card(hit: Hit, href: str | None = None, also: Sequence[str] = ()) -> str:
    """Return one result: where it stands, how sure we are, the marked passage, its source.

    The heading leads to `href`, an address of this site; `also` are titles that say the same.
    """
    passage = hit.passage.passage
    return (
        '<article class="ts-hit" dir="auto">'
        f"{_title(hit.passage.title, href)}"
        f'<p class="ts-path">{_path(passage)}</p>'
        f'<p class="ts-band-line">{_band(hit.band)}</p>'
        f'<p class="ts-text">{marked(passage.text, hit.sentence, hit.words)}</p>'
        f"{_help(hit.help)}"
        f'<p class="ts-why">{why_line(hit.why)}</p>'
        f"{_also_line(also)}"
        f'<p class="ts-source">{_source(passage, hit.passage.metadata)}</p>'
        "</article>"
    )


def passage_card(stored: StoredPassage, href: str | None = None) -> str:
    """Return a passage that answers no question, such as one that is like another."""
    passage = stored.passage
    return (
        '<article class="ts-hit" dir="auto">'
        f"{_title(stored.title, href)}"
        f'<p class="ts-path">{_path(passage)}</p>'
        f'<p class="ts-text">{escaped(passage.text)}</p>'
        f'<p class="ts-source">{_source(passage, stored.metadata)}</p>'
        "</article>"
    )


def urgent_card(urgent: UrgentPassage) -> str:
    """Return what an article says about getting help now, to stand above every result."""
    stored, passage = urgent.passage, urgent.passage.passage
    return (
        '<section class="ts-urgent" dir="auto" aria-labelledby="ts-urgent">'
        '<h2 id="ts-urgent">If this is you, get help now</h2>'
        f'<p class="ts-text">{marked(passage.text, urgent.sentence, ())}</p>'
        f'<p class="ts-path">{named(stored.title)}'
        f"{HEADING_SEPARATOR}{_path(passage)}</p>"
        f'<p class="ts-source">{_source(passage, stored.metadata)}</p>'
        "</section>"
    )


def _title(title: str, href: str | None) -> str:
    shown = named(title)
    return (
        f'<h3><a href="{escaped(href)}" target="_self">{shown}</a></h3>'
        if href
        else f"<h3>{shown}</h3>"
    )


def _also_line(titles: Sequence[str]) -> str:
    if not titles:
        return ""
    all_of_them = ", ".join(map(named, titles))
    return f'<p class="ts-also">The same words also stand in: {all_of_them}.</p>'


def _path(passage: Passage) -> str:
    return named(HEADING_SEPARATOR.join(passage.headings))


_HELP = {Role.URGENT: "When to get help now", Role.DOCTOR: "When to see a doctor"}


def _help(passages: Iterable[StoredPassage]) -> str:
    """Return what the same article says about getting help, folded up."""
    return "".join(
        f'<details class="ts-help ts-help-{stored.role}"><summary>{_HELP[stored.role]}</summary>'
        f'<p class="ts-text">{escaped(stored.passage.text)}</p></details>'
        for stored in passages
    )


def why_line(why: Reasons) -> str:
    """Return why a passage is shown, in words a person reads."""
    reasons = ["by its meaning"] if why.by_meaning else []
    if why.words:
        words = ", ".join(f"<b>{named(word)}</b>" for word in why.words[:_MOST_WORDS])
        reasons.append(f"by the words {words}" if len(why.words) > 1 else f"by the word {words}")
    line = f"Found {' and '.join(reasons)}." if reasons else "Found by what its article says."
    if why.repairs:
        line += f" Read {', '.join(_instead(r.read_as, r.typed) for r in why.repairs)}."
    if why.also:
        line += f" Also looked for {', '.join(_instead(a.other, a.typed) for a in why.also)}."
    return line


def _band(band: Band) -> str:
    name, meaning = _BANDS[band]
    return f'<span class="ts-band ts-{band}">{name}</span> {meaning}'


def marked(text: str, sentence: Span | None, words: Iterable[Span]) -> str:
    """Return the text with the sentence and the words marked."""
    opening: dict[int, str] = {}
    closing: dict[int, str] = {}
    if sentence:
        opening[sentence[0]] = '<mark class="ts-sentence">'
        closing[sentence[1]] = "</mark>"
    for start, end in words:
        opening[start] = opening.get(start, "") + "<b>"
        closing[end] = "</b>" + closing.get(end, "")
    cuts = sorted({0, len(text), *opening, *closing})
    parts = [closing.get(cuts[0], ""), opening.get(cuts[0], "")]
    for start, end in pairwise(cuts):
        parts += [escaped(text[start:end]), closing.get(end, ""), opening.get(end, "")]
    return "".join(parts)


def _source(passage: Passage, metadata: Metadata) -> str:
    page = f" · page {passage.page}" if passage.page else ""
    name = named(metadata.source or passage.article_id)
    if metadata.url:  # http or https: nothing else gets past reading/front_matter.web_address
        name = f'<a href="{escaped(metadata.url)}" rel="noreferrer" target="_blank">{name}</a>'
    return f"{name}{page} · {escaped(_dated(metadata))}"


def _dated(metadata: Metadata) -> str:
    if metadata.reviewed:
        return f"reviewed {metadata.reviewed}"
    return f"updated {metadata.updated}" if metadata.updated else "not dated"


def notice(title: str, lines: Iterable[str], role: str = "status") -> str:
    """Return a box that says something about the whole page."""
    body = "".join(f"<p>{escaped(line)}</p>" for line in lines)
    return f'<section class="ts-notice" role="{role}"><h2>{escaped(title)}</h2>{body}</section>'


def _instead(searched: str, typed: str) -> str:
    return f"<b>{named(searched)}</b> for {named(typed)}"


def datalist(name: str, texts: Iterable[str]) -> str:
    """Return texts that a box with this list offers while somebody types; nothing is drawn."""
    options = "".join(f'<option value="{escaped(text)}"></option>' for text in texts)
    return f'<datalist id="{name}">{options}</datalist>'


def text_line(text: str) -> str:
    """Return a line of plain text."""
    return f'<p class="ts-line">{escaped(text)}</p>'


def heading(text: str, of: str = "") -> str:
    """Return a heading above a part of the page; `of` is the name of what the part is about."""
    about = f" “{named(of)}”" if of else ""
    return f'<h2 class="ts-count">{escaped(text)}{about}</h2>'


def count_line(shown: int, passages: int, seconds: float) -> str:
    """Return how much is shown of how much there is, and how long it took, in text."""
    word = "passage" if passages == 1 else "passages"
    return (
        '<h2 class="ts-count" role="status">'
        f"Showing {shown} of {passages} {word}<small> in {seconds:.2f} seconds</small></h2>"
    )
