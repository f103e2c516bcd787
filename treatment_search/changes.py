"""What became of each article between two states of the corpus, told by path and content (pure)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from posixpath import splitext

from treatment_search.records import Move


@dataclass(frozen=True, slots=True)
class Changes:
    """Article ids by their fate, each tuple sorted; an article is in one of them alone."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    moved: tuple[Move, ...] = ()

    @property
    def any(self) -> bool:
        """Return whether anything is not as it was."""
        return bool(self.added or self.changed or self.removed or self.moved)

    @property
    def touched(self) -> tuple[str, ...]:
        """Return the articles whose content is new at any path, sorted."""
        return tuple(sorted((*self.added, *self.changed)))

    def counts(self) -> dict[str, int]:
        """Return how many articles met each fate."""
        return {
            "added": len(self.added),
            "changed": len(self.changed),
            "removed": len(self.removed),
            "unchanged": len(self.unchanged),
            "moved": len(self.moved),
        }


def compare(then: Mapping[str, str], now: Mapping[str, str]) -> Changes:
    """Return the changes between two states, each the digest of every article by its id.

    Content that is gone from one path and new at another of the same format has moved. Of
    several with the same content the first gone goes with the first new, by id.
    """
    moved = tuple(_moves(then, now))
    sources, targets = {move.source for move in moved}, {move.target for move in moved}
    both = sorted(then.keys() & now.keys())
    return Changes(
        added=tuple(sorted(now.keys() - then.keys() - targets)),
        changed=tuple(name for name in both if then[name] != now[name]),
        removed=tuple(sorted(then.keys() - now.keys() - sources)),
        unchanged=tuple(name for name in both if then[name] == now[name]),
        moved=moved,
    )


def _moves(then: Mapping[str, str], now: Mapping[str, str]) -> Iterable[Move]:
    gone: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in sorted(then.keys() - now.keys(), reverse=True):
        gone[_content(name, then[name])].append(name)
    for name in sorted(now.keys() - then.keys()):
        sources = gone[_content(name, now[name])]
        if sources:
            yield Move(sources.pop(), name)


def _content(name: str, digest: str) -> tuple[str, str]:
    """Return what two paths share when they hold the same article: bytes, read the same way."""
    return digest, splitext(name)[1].lower()
