"""The files of the corpus folder: which hold articles, and why the others do not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from treatment_search.errors import ArticleUnreadable
from treatment_search.reading import check_size, is_archive, read_archive, reader_for
from treatment_search.reading.webpage import belongs_to_page
from treatment_search.records import FileNote

_LINKED_FOLDER = "a link to a folder is not followed"


def article_files(corpus: Path, skipped: list[FileNote]) -> Iterator[tuple[str, Path]]:
    """Yield (article id, path) of every regular file below `corpus` that has a reader, sorted.

    Names that begin with a dot are not articles, nor is what a browser saves beside a page. A
    link is followed to a file inside corpus only; links to what lies outside, and to folders,
    are named in `skipped`.
    """
    root = corpus.resolve()
    found: dict[str, Path] = {}

    def unreadable(error: OSError) -> None:
        name = Path(error.filename).relative_to(corpus).as_posix()
        skipped.append(FileNote(name, f"a folder that cannot be read: {error.strerror}"))

    for folder, folders, names in os.walk(corpus, onerror=unreadable):
        folders[:] = [
            name for name in folders if not (name.startswith(".") or belongs_to_page(name, names))
        ]
        linked = [name for name in folders if Path(folder, name).is_symlink()]
        for name in (*names, *linked):
            path = Path(folder, name)
            article_id = path.relative_to(corpus).as_posix()
            if name.startswith("."):
                continue
            reason = _LINKED_FOLDER if name in linked else _not_an_article(article_id, path, root)
            if reason:
                shown = article_id.encode("utf-8", "replace").decode()
                skipped.append(FileNote(shown, reason))
            else:
                found[article_id] = path
    yield from sorted(found.items())


def articles_in(
    article_id: str, path: Path, skipped: list[FileNote]
) -> Iterator[tuple[str, bytes]]:
    """Yield (article id, bytes) of a file, or of each file in it when it is an archive.

    What cannot be read is named in `skipped`.
    """
    try:
        check_size(article_id, path.stat().st_size)
        data = path.read_bytes()
        if not is_archive(article_id):
            yield article_id, data
            return
        unpacked = read_archive(article_id, data)
    except OSError as error:
        skipped.append(FileNote(article_id, f"cannot be read: {error.strerror or error}"))
        return
    except ArticleUnreadable as error:
        skipped.append(FileNote(article_id, str(error)))
        return
    skipped.extend(unpacked.refused)
    if not unpacked.members and not unpacked.refused:
        skipped.append(FileNote(article_id, "no files in the archive"))
    for member in unpacked.members:
        yield member.article_id, member.data


def _not_an_article(article_id: str, path: Path, root: Path) -> str | None:
    try:
        article_id.encode("utf-8")
        if not is_archive(article_id):
            reader_for(article_id)
        # What is no link lies where the walk found it; resolving each of 100,000 takes seconds.
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            return "a link that leaves the corpus folder is not followed"
        if not path.is_file():
            return "not a regular file"
    except UnicodeEncodeError:
        return "its name is not valid UTF-8; rename it"
    except ArticleUnreadable as error:
        return str(error)
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, before Python 3.13
        return f"cannot be read: {getattr(error, 'strerror', None) or error}"
    return None
