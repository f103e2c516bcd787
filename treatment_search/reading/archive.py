"""A zip archive -> the files in it, held in memory: nothing is ever written where it says."""

from __future__ import annotations

import io
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from treatment_search.errors import ArticleUnreadable
from treatment_search.reading.webpage import belongs_to_page
from treatment_search.records import FileNote

MOST_MEMBERS = 10_000
MOST_UNPACKED = 250_000_000
# A zip in a zip is read; a zip in that one is not.
MOST_NESTED = 2

_LONGEST_NAME = 500
_ENCRYPTED = 0x1  # bit 0 of a member's flags (APPNOTE.TXT 4.4.4)
_DRIVE = re.compile(r"[A-Za-z]:")
_MACOS = "__MACOSX"


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive; its article id is the archive's with the path inside behind it."""

    article_id: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The members of an archive in the order of their ids, and those refused with the reason."""

    members: tuple[Member, ...]
    refused: tuple[FileNote, ...]


def unpack(
    article_id: str, data: bytes, *, most_bytes: int, check: Callable[[str], None]
) -> Unpacked:
    """Return the files in an archive and in the archives inside it.

    `check` raises ArticleUnreadable for a name that no reader takes; `most_bytes` limits one
    member. Raises ArticleUnreadable when the archive itself cannot be read, holds too many
    files, or unpacks to too much.
    """
    unpacking = _Unpacking(most_bytes, check)
    unpacking.take(article_id, data, depth=1)
    return Unpacked(
        tuple(sorted(unpacking.members, key=lambda member: member.article_id)),
        tuple(sorted(unpacking.refused, key=lambda note: note.path)),
    )


class _TooMuch(ArticleUnreadable):
    """The archive as a whole is over a limit: no part of it is taken."""


class _Unpacking:
    """What was found so far, and how much may still come."""

    def __init__(self, most_bytes: int, check: Callable[[str], None]) -> None:
        self.members: list[Member] = []
        self.refused: list[FileNote] = []
        self._most_bytes = most_bytes
        self._check = check
        self._bytes_left = MOST_UNPACKED
        self._files_left = MOST_MEMBERS

    def take(self, article_id: str, data: bytes, depth: int) -> None:
        """Take the files of one archive, which may itself be a member of another."""
        if depth > MOST_NESTED:
            raise ArticleUnreadable(f"nested too deep: at most {MOST_NESTED} zips in one another")
        seen: set[str] = set()
        with open_archive(data, "a zip archive") as archive:
            for member in _files(archive):
                path = _slashed(member.filename)
                shown = f"{article_id}/{_printable(path)}"
                try:
                    path = _checked_path(path, member)
                    if path in seen:
                        raise ArticleUnreadable("a second file of this name in the archive")
                    seen.add(path)
                    self._check(path)
                    content = self._read(archive, member)
                    if PurePosixPath(path).suffix.lower() == ".zip":
                        self.take(f"{article_id}/{path}", content, depth + 1)
                    else:
                        self.members.append(Member(f"{article_id}/{path}", content))
                except _TooMuch:
                    raise
                except ArticleUnreadable as error:
                    self.refused.append(FileNote(shown, str(error)))

    def _read(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
        content = read_member(archive, member, self._most_bytes)
        self._files_left -= 1
        self._bytes_left -= len(content)
        if self._files_left < 0:
            raise _TooMuch(f"too many files: more than {MOST_MEMBERS:,}; split it")
        if self._bytes_left < 0:
            raise _TooMuch(f"too large: unpacks to more than {MOST_UNPACKED:,} bytes; split it")
        return content


def open_archive(data: bytes, what: str) -> zipfile.ZipFile:
    """Return the opened archive, or raise ArticleUnreadable saying that it is not `what`."""
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError) as error:
        raise ArticleUnreadable(f"broken: not {what}, or cut off") from error


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most_bytes: int) -> bytes:
    """Return a member unpacked, or raise ArticleUnreadable; it is never unpacked beyond the limit.

    What the archive says about its size is not believed.
    """
    if member.flag_bits & _ENCRYPTED:
        raise ArticleUnreadable("encrypted; pack it without a password")
    try:
        with archive.open(member) as source:
            data = source.read(most_bytes + 1)
    except NotImplementedError as error:
        raise ArticleUnreadable("packed in a way that is not known here; use plain zip") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise ArticleUnreadable("broken: its bytes in the archive are damaged") from error
    if len(data) > most_bytes:
        raise ArticleUnreadable(f"too large: more than {most_bytes:,} bytes unpacked")
    return data


def _files(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    """Yield the members that are files, but for hidden ones and what belongs to a saved page."""
    names = {_slashed(name) for name in archive.namelist()}
    for member in archive.infolist():
        path = PurePosixPath(_slashed(member.filename))
        hidden = any(part.startswith(".") and part != ".." for part in path.parts)
        of_page = any(belongs_to_page(folder.as_posix(), names) for folder in path.parents)
        if not (member.is_dir() or hidden or of_page or _MACOS in path.parts):
            yield member


def _slashed(name: str) -> str:
    """Return a member's name as the standard has it; some programs on Windows do not keep to it."""
    return name.replace("\\", "/")


def _checked_path(path: str, member: zipfile.ZipInfo) -> str:
    """Return a member's path with plain slashes, or raise ArticleUnreadable for a trick."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or _DRIVE.match(path):
        raise ArticleUnreadable("its path leaves the archive; not read")
    if _printable(path) != path or len(path) > _LONGEST_NAME:
        raise ArticleUnreadable("its name holds characters that cannot be seen, or is too long")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise ArticleUnreadable("a link or a device, not a file; not followed")
    return "/".join(parts)


def _printable(path: str) -> str:
    """Return a name without what a terminal or a page would obey instead of show."""
    return "".join("\ufffd" if unicodedata.category(c)[0] == "C" else c for c in path)
