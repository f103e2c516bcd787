"""Questions that nothing answered, and thumbs given on results; kept only when the owner says so.

    index-asked/settings.json       whether they are kept, as the keeper's page was told
    index-asked/questions.jsonl     one line a question, the newest last
    index-asked/thumbs.jsonl        one line a vote; the last line of a vote holds

The folder stands beside the index, which may be deleted and built again at any time; this is what
cannot be built again. Only the user who runs the page may look into it. Nothing in it tells who
asked, or which questions came from one person.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from treatment_search import durable
from treatment_search.judged import Thumb
from treatment_search.locking import held
from treatment_search.question_groups import KeptQuestion, Miss, question_key
from treatment_search.settings import Settings

MOST_QUESTIONS = 2_000
MOST_THUMBS = 10_000
_SETTINGS, _QUESTIONS, _THUMBS, _LOCK = "settings.json", "questions.jsonl", "thumbs.jsonl", "lock"
_KEEP = "keep_questions"
_OWN_FOLDER, _OWN_FILE = 0o700, 0o600
_LOCK_SECONDS = 2


def folder_of(index: Path) -> Path:
    """Return where questions are kept: beside the index, so that the index may go."""
    whole = index.resolve()
    return whole.with_name(f"{whole.name}-asked")


def is_on(settings: Settings) -> bool:
    """Return whether questions and thumbs are kept: the environment first, then the page's switch.

    A file that cannot be read is no permission.
    """
    if settings.keep_questions is not None:
        return settings.keep_questions
    try:
        content = json.loads((folder_of(settings.index) / _SETTINGS).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get(_KEEP) is True


def switch(index: Path, *, on: bool) -> None:
    """Keep questions and thumbs from now on, or no longer; what was kept stays."""
    content = json.dumps({_KEEP: on}).encode()
    durable.replace(_made(folder_of(index)) / _SETTINGS, content, _OWN_FILE)


def keep_question(index: Path, text: str, miss: Miss) -> None:
    """Add a question; of more than MOST_QUESTIONS the oldest go."""
    _append(folder_of(index) / _QUESTIONS, KeptQuestion(_now(), miss, text), MOST_QUESTIONS)


def keep_thumb(
    index: Path,
    vote: str,
    question: str,
    article_id: str,
    start: int,
    passage: str,
    grade: int | None,
) -> None:
    """Add a vote (see Thumb), or what it is now; of more than MOST_THUMBS the oldest go."""
    thumb = Thumb(_now(), vote, question, article_id, start, passage, grade)
    _append(folder_of(index) / _THUMBS, thumb, MOST_THUMBS)


def kept_questions(index: Path) -> list[KeptQuestion]:
    """Return what was kept, the oldest first; a torn line is passed over."""
    records = _records(folder_of(index) / _QUESTIONS)
    return [question for record in records if (question := _question(record))]


def thumbs(index: Path) -> list[Thumb]:
    """Return each vote as it is now, the oldest first, without those that were taken back."""
    records = _records(folder_of(index) / _THUMBS)
    last = {thumb.vote: thumb for record in records if (thumb := _thumb(record))}
    return [thumb for thumb in last.values() if thumb.grade is not None]


def forget(index: Path, texts: Collection[str]) -> None:
    """Delete these questions, however often they were asked, and the thumbs given to them."""
    keys = set(map(question_key, texts))
    for name, said in ((_QUESTIONS, "text"), (_THUMBS, "question")):
        path = folder_of(index) / name
        if path.exists():
            with held(path.parent / _LOCK, _LOCK_SECONDS):
                records = _records(path)
                left = [one for one in records if question_key(str(one.get(said))) not in keys]
                _write(path, map(_line, left))


def forget_all(index: Path) -> None:
    """Delete every question and thumb; the switch stays as it is."""
    folder = folder_of(index)
    if folder.is_dir():
        with held(folder / _LOCK, _LOCK_SECONDS):
            for name in (_QUESTIONS, _THUMBS):
                (folder / name).unlink(missing_ok=True)
                (folder / f"{name}.new").unlink(missing_ok=True)
            durable.sync(folder)


def _append(path: Path, record: KeptQuestion | Thumb, most: int) -> None:
    _made(path.parent)
    with held(path.parent / _LOCK, _LOCK_SECONDS):
        path.touch(_OWN_FILE)
        durable.append_line(path, _line(asdict(record)))
        lines = path.read_text("utf-8", "replace").split("\n")[:-1]
        if len(lines) > most:
            _write(path, lines[-most:])


def _write(path: Path, lines: Iterable[str]) -> None:
    durable.replace(path, "".join(f"{line}\n" for line in lines).encode(), _OWN_FILE)


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False)


def _records(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            found.append(record)
    return found


def _question(record: dict[str, Any]) -> KeptQuestion | None:
    match record:
        case {"time": str(time), "miss": "nothing" | "weak" as miss, "text": str(text)}:
            return KeptQuestion(time, Miss(miss), text)
    return None


def _thumb(record: dict[str, Any]) -> Thumb | None:
    match record:
        case {
            "time": str(time),
            "vote": str(vote),
            "question": str(question),
            "article_id": str(article_id),
            "start": int(start),
            "passage": str(passage),
            "grade": 0 | 1 | None as grade,
        }:
            return Thumb(time, vote, question, article_id, start, passage, grade)
    return None


def _made(folder: Path) -> Path:
    folder.mkdir(_OWN_FOLDER, parents=True, exist_ok=True)
    return folder


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
