"""The lines between --- at the top of an article -> its title and Metadata."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any
from unicodedata import category
from urllib.parse import urlsplit

import yaml

from treatment_search.records import Metadata

_NAMES = ("title", "treatment", "conditions", "source", "url", "reviewed", "licence")
_MOST_CHARACTERS = 20_000
# `---` stands on the file's first line, and YAML counts its lines from 0.
_LINES_BEFORE = 2
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")


class _PlainLoader(yaml.BaseLoader):
    """Values as they were typed: to the other loaders `No` is False and `12:30` is 750.

    Aliases are refused: no article needs them, and they can be made to explode.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # not in its stubs
            raise yaml.MarkedYAMLError(problem="an alias (*name)", problem_mark=event.start_mark)
        return super().compose_node(parent, index)

    def construct_scalar(self, node: Any) -> str:
        r"""Return the value without what "\0" and "\ud800" stand for: no store can keep that."""
        value = str(super().construct_scalar(node))
        return "".join(" " if category(c) in ("Cc", "Cs") else c for c in value)


def parse_front_matter(source: str) -> tuple[str | None, Metadata, tuple[str, ...]]:
    """Return (title, metadata, notes); what cannot be read is left out and named in the notes."""
    if len(source) > _MOST_CHARACTERS:
        return None, Metadata(), (f"front matter left out: over {_MOST_CHARACTERS:,} characters",)
    try:
        fields = yaml.load(source, Loader=_PlainLoader)  # noqa: S506  it makes only str, list, dict
    except (yaml.YAMLError, RecursionError) as error:
        return None, Metadata(), (f"front matter left out: {_place(error)}",)
    if fields is None:
        return None, Metadata(), ()
    if not isinstance(fields, dict):
        return None, Metadata(), ("front matter left out: it holds no 'name: value' lines",)
    notes: list[str] = []

    def take(name: str, read: Callable[[Any], str | None]) -> str | None:
        value = fields.get(name)
        if value is None or value == "":
            return None
        taken = read(value)
        if taken is None:
            notes.append(f"front matter: {name} {value!r:.80} left out; {_WANTED[name]}")
        return taken

    metadata = Metadata(
        treatment=take("treatment", _line),
        conditions=_lines(fields.get("conditions"), notes),
        source=take("source", _line),
        url=take("url", web_address),
        reviewed=take("reviewed", calendar_day),
        licence=take("licence", _line),
    )
    unknown = sorted(str(name) for name in fields if name not in _NAMES)
    if unknown:
        notes.append(f"front matter: unknown {', '.join(unknown)!r:.80} left out")
    return take("title", _line), metadata, tuple(notes)


_WANTED = {
    "title": "one line of text is wanted",
    "treatment": "one line of text is wanted",
    "source": "one line of text is wanted",
    "licence": "one line of text is wanted",
    "url": "a web address that starts with https:// or http:// is wanted",
    "reviewed": "a day as year-month-day is wanted, such as 2026-11-23",
}


def _line(value: Any) -> str | None:
    return " ".join(value.split()) if isinstance(value, str) else None


def _lines(value: Any, notes: list[str]) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [] if value in (None, "") else [value]
    read = [_line(item) for item in values]
    if None in read:
        notes.append("front matter: a condition left out; write them as [First, Second]")
    return tuple(name for name in read if name)


def web_address(value: Any) -> str | None:
    """Return an http or https address, or None for anything else."""
    address = str(value).strip()
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    is_web = parts.scheme in ("http", "https") and parts.netloc and len(address.split()) == 1
    return parts.geturl() if is_web else None


def calendar_day(value: Any) -> str | None:
    """Return a day as year-month-day, or None for anything else."""
    day = _DAY.fullmatch(str(value).strip())
    try:
        return datetime.date(*map(int, day.groups())).isoformat() if day else None
    except ValueError:
        return None


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or " ".join(str(error).split())
    where = f"line {mark.line + _LINES_BEFORE}: " if mark else ""
    return f"{where}{problem}; a value with a colon in it needs quotes"
