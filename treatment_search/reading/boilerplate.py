"""What a web page puts around an article: menus, invitations, heaps of tags. Pure rules."""

from __future__ import annotations

import re

from treatment_search.analysis import STOP_WORDS, WORD

_SENTENCE_END = re.compile(r"[.!?…:;,][\"'”’)\]]?(?:\s|$)")
_SEPARATOR = re.compile(r"\s[|»›·•/]\s")
_FURNITURE = re.compile(
    r"""^(?: (?:share|tweet|pin|print|e-?mail)(?:\ (?:this|on|to|it)\b.*)? | share\ (?:this|on)\b.*
        | skip\ to\ (?:main\ )?content | (?:back|return)\ to\ (?:top|home).* | read\ more.*
        | click\ here\b.* | (?:we|this\ (?:web)?site)\ uses?\ cookies.* | accept\ (?:all\ )?cookies
        | cookie\ (?:policy|settings|preferences) | privacy\ policy | terms\ (?:of|and)\ \w+
        | .*\ball\ rights\ reserved\b.* | (?:©|\(c\)|copyright)(?:\s.*)?
        | subscribe\b.* | sign\ up\ (?:for|to)\b.* | follow\ us\b.* | leave\ a\ (?:comment|reply)
        | posted\ (?:on|by|in)\b.* | tags?\s*:.* | related\ (?:articles|posts|pages)\s*:?
        | advertisement | (?:previous|next)(?:\ (?:post|article|page))?
        | see\ (?:also\ )?(?:this|the|our)\ video\s*:? )$""",
    re.IGNORECASE | re.VERBOSE,
)
_LIST_MARK = re.compile(r"(?:^|\s)[-*]\s")
_FEWEST_TAGS = 12
_MOST_FUNCTION_WORDS = 0.12
_SHORT = 12


def is_boilerplate(block: str, above: str = "") -> bool:
    """Return whether a block is page furniture by its own looks; `above` is the block before it.

    What a line with a colon announces is a list, however much it looks like tags.
    """
    if _is_furniture(block) or _is_menu(block):
        return True
    return _is_tag_heap(block) and not above.rstrip().endswith(":")


def is_lead_in(block: str) -> bool:
    """Return whether a block only announces what follows: a short line that ends with a colon."""
    return block.rstrip().endswith(":") and len(block.split()) <= _SHORT


def _is_furniture(block: str) -> bool:
    return len(block.split()) <= _SHORT and bool(_FURNITURE.match(block.strip()))


def _is_menu(block: str) -> bool:
    parts = _SEPARATOR.split(block.strip())
    return len(parts) >= 3 and all(len(part.split()) <= 4 for part in parts)


def _is_tag_heap(block: str) -> bool:
    """Return whether a block is words without a sentence: almost no function words, no stops."""
    words = [match.group().casefold() for match in WORD.finditer(block)]
    if len(words) < _FEWEST_TAGS or _SENTENCE_END.search(block) or not block.isascii():
        return False
    if _LIST_MARK.search(block):
        return False
    return sum(word in STOP_WORDS for word in words) <= _MOST_FUNCTION_WORDS * len(words)
