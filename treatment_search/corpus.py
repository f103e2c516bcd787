"""The files of the corpus folder: which are articles, and why the others are not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from treatment_search.errors import ArticleUnreadable
from treatment_search.reading import reader_for
from treatment_search.records import FileNote


def article_files(corpus: Path, skipped: list[FileNote]) -> Iterator[tuple[str, Path]]:
    """Yield (article id, path) of every regular file below `corpus` that has a reader, sorted.

    Names that begin with a dot are not articles. A link is followed to a file inside corpus
    only; what lies outside is named in `skipped`.
    """
    root = corpus.resolve()
    found: dict[str, Path] = {}
    for folder, folders, names in os.walk(corpus):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(folder, name)
            article_id = path.relative_to(corpus).as_posix()
            if name.startswith("."):
                continue
            reason = _not_an_article(article_id, path, root)
            if reason:
                shown = article_id.encode("utf-8", "replace").decode()
                skipped.append(FileNote(shown, reason))
            else:
                found[article_id] = path
    yield from sorted(found.items())


def _not_an_article(article_id: str, path: Path, root: Path) -> str | None:
    try:
        article_id.encode("utf-8")
        reader_for(article_id)
        if not path.resolve().is_relative_to(root):
            return "a link that leaves the corpus folder is not followed"
        if not path.is_file():
            return "not a regular file"
    except UnicodeEncodeError:
        return "its name is not valid UTF-8; rename it"
    except ArticleUnreadable as error:
        return str(error)
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    return None
