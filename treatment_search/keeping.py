"""The files of corpus/: added, taken out to a trash folder beside it, and put back.

corpus-trash/<number>/<path>     a file that was taken out, under the path it had
"""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile

from treatment_search import durable
from treatment_search.errors import KeepingRefused, NameTaken
from treatment_search.reading import check_size, is_archive, reader_for

# What the usual file systems take, in bytes, less some room for a suffix.
_MOST_NAME_BYTES = 200
# Names that Windows keeps for devices, whatever their ending.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[/\\:*?"<>|]')


@dataclass(frozen=True, slots=True)
class Trashed:
    """A file that was taken out: its number in the trash, its path in corpus/, and when (epoch)."""

    number: int
    article_id: str
    seconds: float


def article_name(typed: str) -> str:
    """Return the name, in Unicode's composed form, under which a file may stand in corpus/.

    Raises KeepingRefused for a name with a path, hidden, reserved or unreadable, and
    ArticleUnreadable for a format that no reader takes.
    """
    name = unicodedata.normalize("NFC", typed)
    reason = _refusal(name)
    if reason:
        raise KeepingRefused(f"the name {name!r:.80} {reason}. Rename the file and add it again")
    if not is_archive(name):
        reader_for(name)
    return name


def _refusal(name: str) -> str | None:
    """Return what is wrong with a name, or None."""
    unseen = any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in name)
    wrong = (
        (not name.strip() or name != name.strip(), "is empty, or begins or ends with a space"),
        (_FORBIDDEN.search(name), 'has one of / \\ : * ? " < > | in it'),
        (name.startswith((".", "~")) or name.endswith("."), "is a hidden one, or ends with a dot"),
        (unseen, "has letters in it that cannot be seen"),
        (_RESERVED.fullmatch(name), "is one that Windows keeps for itself"),
        (
            len(name.encode("utf-8", "replace")) > _MOST_NAME_BYTES,
            f"is too long (at most {_MOST_NAME_BYTES} bytes)",
        ),
    )
    return next((reason for is_wrong, reason in wrong if is_wrong), None)


def add(corpus: Path, typed: str, data: bytes, *, replace: bool = False) -> str:
    """Put a file into corpus/ and return its article id; a file that was there goes to the trash.

    Raises NameTaken when there is one and `replace` is not set. The file is there whole or not at
    all, and an ingest that runs meanwhile does not see half of it.
    """
    name = article_name(typed)
    check_size(name, len(data))
    target = corpus / name
    corpus.mkdir(parents=True, exist_ok=True)
    # A hidden name is no article.
    with NamedTemporaryFile(dir=corpus, prefix=".adding-", delete=False) as file:
        fresh = Path(file.name)
    try:
        fresh.write_bytes(data)
        fresh.chmod(0o644)
        durable.sync(fresh)
        if replace and os.path.lexists(target):
            remove(corpus, name)
        os.link(fresh, target)  # fails where the name is taken, also by another at this instant
    except FileExistsError:
        raise NameTaken(f"'{name}' is in '{corpus}' already") from None
    finally:
        with suppress(OSError):
            fresh.unlink()
    durable.sync(corpus)
    return name


def remove(corpus: Path, article_id: str) -> Trashed:
    """Move a file of corpus/ to the trash and return where it is."""
    source = _inside(corpus, article_id)
    if not source.is_file() or source.is_symlink():
        raise KeepingRefused(f"no file '{article_id}' in '{corpus}'. Look at the list again")
    place = _new_place(trash_of(corpus))
    target = place / article_id
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(source, target)
    return Trashed(int(place.name), article_id, place.stat().st_mtime)


def restore(corpus: Path, number: int) -> str:
    """Put a file of the trash back where it was and return its article id; raise NameTaken."""
    place = trash_of(corpus) / str(number)
    one = next((one for one in trashed(corpus) if one.number == number), None)
    if one is None:
        raise KeepingRefused("that file is not in the trash any more. Look at the list again")
    target = _inside(corpus, one.article_id)
    if os.path.lexists(target):
        raise NameTaken(f"another file '{one.article_id}' is in '{corpus}' now. Delete that first")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(place / one.article_id, target)
    shutil.rmtree(place, ignore_errors=True)
    return one.article_id


def trashed(corpus: Path) -> list[Trashed]:
    """Return what is in the trash, what was taken out last first."""
    return sorted(_in_trash(trash_of(corpus)), key=lambda one: -one.number)


def empty_trash(corpus: Path) -> int:
    """Remove for good what is in the trash, and return how many files that were."""
    numbers = [one.number for one in trashed(corpus)]
    for number in numbers:
        shutil.rmtree(trash_of(corpus) / str(number))
    return len(numbers)


def trash_of(corpus: Path) -> Path:
    """Return the trash folder: beside corpus/, so that no ingest reads it and `index/` may go."""
    whole = corpus.resolve()
    return whole.with_name(f"{whole.name}-trash")


def _in_trash(trash: Path) -> Iterator[Trashed]:
    for place in trash.iterdir() if trash.is_dir() else ():
        file = next((path for path in place.rglob("*") if path.is_file()), None)
        if place.name.isdecimal() and file:
            article_id = file.relative_to(place).as_posix()
            yield Trashed(int(place.name), article_id, place.stat().st_mtime)


def _new_place(trash: Path) -> Path:
    trash.mkdir(parents=True, exist_ok=True)
    number = 1 + max((int(p.name) for p in trash.iterdir() if p.name.isdecimal()), default=0)
    while True:
        try:
            (trash / str(number)).mkdir()
        except FileExistsError:  # another window was quicker
            number += 1
        else:
            return trash / str(number)


def _inside(corpus: Path, article_id: str) -> Path:
    """Return the path of an article; raise KeepingRefused for one that leads out of corpus/."""
    parts = PurePosixPath(article_id)
    path = corpus / parts
    leads_out = parts.is_absolute() or ".." in parts.parts or not parts.parts
    if leads_out or not path.parent.resolve().is_relative_to(corpus.resolve()):
        raise KeepingRefused(f"'{article_id}' is not inside '{corpus}'. Look at the list again")
    return path
