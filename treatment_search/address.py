"""Where an index is: a folder, or a name on a Milvus server (pure).

index/                                    a folder
milvus+http://host:19530/NAME             a server
milvus+https://host:443/NAME              a server, over TLS
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

from treatment_search.errors import IndexProblem

_SCHEMES = ("milvus+http", "milvus+https")
_LIKE_ONE = re.compile(r"[a-z0-9+]+://")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class ClusterAddress:
    """An index on a Milvus server.

    `state` is the folder on this machine that keeps what is no part of the search: the compiled
    model, what an ingest knows of the files, its history.
    """

    uri: str
    name: str
    state: Path

    def __str__(self) -> str:
        return f"milvus+{self.uri}/{self.name}"


IndexAddress: TypeAlias = Path | ClusterAddress


def index_address(text: str, state: Path | None = None) -> IndexAddress:
    """Return what `--index` names; raise IndexProblem for an address that is none.

    `state` is the folder for what a server does not keep, index-NAME/ unless given.
    """
    if not _LIKE_ONE.match(text):
        return Path(text)
    parts = urlsplit(text)
    name = parts.path.strip("/")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if parts.scheme not in _SCHEMES or not host or parts.query or parts.fragment:
        raise IndexProblem(
            f"{_shown(text)!r} is no address of an index. Give a folder, or "
            "milvus+http://HOST:19530/NAME, or milvus+https://HOST/NAME"
        )
    if parts.username or parts.password:
        raise IndexProblem(
            f"the address {_shown(text)!r} holds a password, which other programs could see. Put "
            "USER:PASSWORD into the environment variable TREATMENT_SEARCH_TOKEN instead"
        )
    if not _NAME.fullmatch(name):
        raise IndexProblem(
            f"{name!r} is no name for an index on a server. Use letters, digits and _, "
            "a letter first, at most 64: milvus+http://HOST:19530/articles"
        )
    scheme = parts.scheme.removeprefix("milvus+")
    port = port or (443 if scheme == "https" else 19530)
    shown = f"[{host}]" if ":" in host else host
    return ClusterAddress(f"{scheme}://{shown}:{port}", name, state or Path(f"index-{name}"))


def state_of(index: IndexAddress) -> Path:
    """Return the folder on this machine that belongs to an index: itself, or its `state`."""
    return index.state if isinstance(index, ClusterAddress) else index


def _shown(text: str) -> str:
    """Return an address without a password in it."""
    return re.sub(r"//[^/@]*@", "//…@", text)
