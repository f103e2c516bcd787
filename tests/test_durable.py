from __future__ import annotations

from pathlib import Path

import pytest

from treatment_search import durable


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "name"
    durable.replace(path, b"first")
    durable.replace(path, b"second")
    assert path.read_bytes() == b"second"
    assert [one.name for one in tmp_path.iterdir()] == ["name"]


def test_what_could_not_be_replaced_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "name"
    durable.replace(path, b"first")

    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable, "sync", full)
    with pytest.raises(OSError, match="No space left"):
        durable.replace(path, b"second")
    assert path.read_bytes() == b"first"
    assert [one.name for one in tmp_path.iterdir()] == ["name"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b"line\n"),
        (b"first\n", b"first\nline\n"),
        (b"first\ntor", b"first\ntor\nline\n"),
    ],
)
def test_a_line_is_added_after_what_was_torn(tmp_path: Path, before: bytes, after: bytes) -> None:
    path = tmp_path / "lines"
    path.write_bytes(before)
    durable.append_line(path, "line")
    assert path.read_bytes() == after


def test_the_first_line_makes_the_file(tmp_path: Path) -> None:
    durable.append_line(tmp_path / "lines", "ä")
    assert (tmp_path / "lines").read_text("utf-8") == "ä\n"
