from __future__ import annotations

import os
from pathlib import Path

import pytest

from treatment_search import seen as seen_module
from treatment_search.seen import SEEN, SeenFiles, stamp_of

DIGESTS = {"a.zip/one.md": "1", "a.zip/two.md": "2"}
HOUR = 3600


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that was last changed long before it is looked at."""
    path = tmp_path / "a.zip"
    path.write_text("content", "utf-8")
    return path


@pytest.fixture(autouse=True)
def an_hour_later(monkeypatch: pytest.MonkeyPatch) -> None:
    now = seen_module.time.time_ns
    monkeypatch.setattr(seen_module.time, "time_ns", lambda: now() + HOUR * 1_000_000_000)


def kept(index: Path, path: Path) -> SeenFiles:
    seen = SeenFiles()
    seen.add("a.zip", path, stamp_of(path), DIGESTS)
    seen.write(index)
    return SeenFiles.of(index)


def test_a_file_that_looks_as_it_did_holds_what_it_held(path: Path, tmp_path: Path) -> None:
    assert kept(tmp_path, path).digests("a.zip", path) == DIGESTS


def test_a_file_never_seen_must_be_read(path: Path, tmp_path: Path) -> None:
    assert kept(tmp_path, path).digests("b.zip", path) is None
    assert SeenFiles.of(tmp_path / "nowhere").digests("a.zip", path) is None


@pytest.mark.parametrize("change", ["size", "content", "touched", "replaced", "gone"])
def test_a_file_that_differs_in_anything_must_be_read(
    path: Path, tmp_path: Path, change: str
) -> None:
    seen = kept(tmp_path, path)
    stat = path.stat()
    if change == "size":
        path.write_text("contents", "utf-8")
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    elif change == "content":  # the same size, and its time set back: the inode's own time tells
        path.write_text("CONTENT", "utf-8")
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    elif change == "touched":
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    elif change == "replaced":
        other = tmp_path / "other"
        other.write_text("CONTENT", "utf-8")
        os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        other.replace(path)
    else:
        path.unlink()
    assert seen.digests("a.zip", path) is None


def test_a_file_changed_just_now_must_be_read_again(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Were it changed again within the grain of its times, nothing would tell.
    monkeypatch.setattr(seen_module.time, "time_ns", lambda: path.stat().st_ctime_ns + 1)
    assert kept(tmp_path, path).digests("a.zip", path) is None


@pytest.mark.parametrize("tick", [0.0, 1.0, 2.0])
def test_times_as_coarse_as_two_seconds_never_hide_a_change(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tick: float
) -> None:
    """Whenever a file changes, is read, and changes again, in steps of a quarter of a second."""
    second, kept_some = 1_000_000_000, 0

    def written_at(quarters: int) -> None:
        time = quarters * second // 4
        grain = max(1, int(tick * second))
        stamp = (7, time // grain * grain, time // grain * grain, 1)
        monkeypatch.setattr(seen_module, "stamp_of", lambda _: stamp)

    for first in range(8):
        for read in range(first, first + 18):
            monkeypatch.setattr(seen_module.time, "time_ns", lambda at=read: at * second // 4)
            written_at(first)
            (tmp_path / SEEN).unlink(missing_ok=True)
            seen = SeenFiles()
            seen.add("a.zip", path, seen_module.stamp_of(path), DIGESTS)
            seen.write(tmp_path)
            kept_some += SeenFiles.of(tmp_path).digests("a.zip", path) == DIGESTS
            for again in range(read + 1, read + 18):
                written_at(again)
                assert SeenFiles.of(tmp_path).digests("a.zip", path) is None
    assert kept_some > 0


def test_a_file_that_changed_while_it_was_read_must_be_read_again(
    path: Path, tmp_path: Path
) -> None:
    seen, before = SeenFiles(), stamp_of(path)
    path.write_text("longer content", "utf-8")
    seen.add("a.zip", path, before, DIGESTS)
    seen.write(tmp_path)
    assert SeenFiles.of(tmp_path).digests("a.zip", path) is None


def test_what_nobody_asked_for_is_forgotten(path: Path, tmp_path: Path) -> None:
    seen = kept(tmp_path, path)
    seen.write(tmp_path)
    assert SeenFiles.of(tmp_path).digests("a.zip", path) is None


def test_what_was_forgotten_on_purpose_is_not_written(path: Path, tmp_path: Path) -> None:
    seen = kept(tmp_path, path)
    assert seen.digests("a.zip", path) == DIGESTS
    seen.forget("a.zip")
    seen.write(tmp_path)
    assert SeenFiles.of(tmp_path).digests("a.zip", path) is None


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", '{"a.zip": 3}', '{"a.zip": [[1, 2], {}]}', '{"a.zip": [[1, 2, 3, 4], 5]}'],
)
def test_rubbish_is_nothing_seen(path: Path, tmp_path: Path, content: str) -> None:
    (tmp_path / SEEN).write_text(content, "utf-8")
    assert SeenFiles.of(tmp_path).digests("a.zip", path) is None
