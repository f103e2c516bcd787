"""Short keys that tell one text from another (pure)."""

from __future__ import annotations

from hashlib import blake2b

_BYTES = 16


def text_key(text: str) -> bytes:
    """Return 16 bytes that no other text has."""
    return blake2b(text.encode(), digest_size=_BYTES).digest()


def said_key(text: str) -> bytes:
    """Return the key of what a text says: spaces, line breaks and capitals tell no two apart."""
    return text_key(" ".join(text.casefold().split()))
