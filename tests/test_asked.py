from __future__ import annotations

import json
import shutil
import stat
import threading
from pathlib import Path

import pytest

from treatment_search import asked
from treatment_search.question_groups import Miss
from treatment_search.settings import Settings


def texts(index: Path) -> list[str]:
    return [question.text for question in asked.kept_questions(index)]


def vote(index: Path, name: str, grade: int | None, question: str = "q") -> None:
    asked.keep_thumb(index, name, question, "a.md", 3, "digest", grade)


def test_it_is_off_and_looking_writes_nothing(tmp_path: Path, index: Path) -> None:
    assert not asked.is_on(Settings(index=index))
    assert asked.kept_questions(index) == asked.thumbs(index) == []
    asked.forget(index, ["x"])
    asked.forget_all(index)
    assert list(tmp_path.iterdir()) == []


def test_the_environment_comes_before_the_switch_and_damage_is_no_permission(index: Path) -> None:
    asked.switch(index, on=True)
    assert asked.is_on(Settings(index=index))
    assert not asked.is_on(Settings(index=index, keep_questions=False))
    asked.switch(index, on=False)
    assert not asked.is_on(Settings(index=index))
    assert asked.is_on(Settings(index=index, keep_questions=True))
    for damaged in ("{", "[]", '{"keep_questions": 1}', '{"keep_questions": "false"}'):
        (asked.folder_of(index) / "settings.json").write_text(damaged)
        assert not asked.is_on(Settings(index=index))


def test_a_line_holds_the_question_when_and_how_it_was_missed_and_nothing_else(index: Path) -> None:
    asked.keep_question(index, "hilft “Botox”?\u2028", Miss.NOTHING)
    (line,) = (asked.folder_of(index) / "questions.jsonl").read_text("utf-8").split("\n")[:-1]
    record = json.loads(line)
    assert set(record) == {"time", "miss", "text"}
    assert (record["miss"], record["text"]) == ("nothing", "hilft “Botox”?\u2028")
    assert record["time"].endswith("+00:00")
    assert texts(index) == ["hilft “Botox”?\u2028"]


def test_only_the_owner_may_read_it_also_after_it_was_written_anew(index: Path) -> None:
    asked.switch(index, on=True)
    vote(index, "v", 1)
    for text in ("a", "b"):
        asked.keep_question(index, text, Miss.WEAK)
    asked.forget(index, ["a"])
    folder = asked.folder_of(index)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("questions.jsonl", "thumbs.jsonl", "settings.json"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_it_outlives_the_index(index: Path) -> None:
    index.mkdir()
    asked.keep_question(index, "a", Miss.WEAK)
    shutil.rmtree(index)
    assert texts(index) == ["a"]


def test_of_too_many_the_oldest_go(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "MOST_QUESTIONS", 3)
    for number in range(5):
        asked.keep_question(index, str(number), Miss.WEAK)
    assert texts(index) == ["2", "3", "4"]


def test_a_torn_or_foreign_line_costs_itself_alone(index: Path) -> None:
    asked.keep_question(index, "before", Miss.WEAK)
    path = asked.folder_of(index) / "questions.jsonl"
    with path.open("ab") as file:
        file.write(b'[1]\n{"text": 5}\n\xff\n{"time": "x", "miss": "other", "text": "y"}\n{"ti')
    asked.keep_question(index, "after", Miss.WEAK)
    assert texts(index) == ["before", "after"]


def test_many_at_once_all_get_their_line(index: Path) -> None:
    def keep(name: int) -> None:
        for number in range(5):
            asked.keep_question(index, f"{name} {number}", Miss.WEAK)

    threads = [threading.Thread(target=keep, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(texts(index)) == sorted(f"{a} {b}" for a in range(4) for b in range(5))


def test_one_question_goes_with_every_time_it_was_asked_and_its_thumbs(index: Path) -> None:
    for text in ("Botox?", "gout", "botox"):
        asked.keep_question(index, text, Miss.WEAK)
    vote(index, "v", 1, "BOTOX")
    vote(index, "w", 1, "gout")
    asked.forget(index, ["botox"])
    assert texts(index) == ["gout"]
    assert [thumb.question for thumb in asked.thumbs(index)] == ["gout"]
    kept = "".join(path.read_text() for path in asked.folder_of(index).glob("*.jsonl"))
    assert "botox" not in kept.casefold()


def test_everything_goes_and_the_switch_stays(index: Path) -> None:
    asked.switch(index, on=True)
    asked.keep_question(index, "a", Miss.WEAK)
    vote(index, "v", 1)
    asked.forget_all(index)
    assert not list(asked.folder_of(index).glob("*.jsonl*"))
    assert asked.is_on(Settings(index=index))


def test_the_last_word_of_a_vote_holds_and_one_taken_back_is_none(index: Path) -> None:
    vote(index, "v", 1)
    vote(index, "w", 1)
    vote(index, "v", 0)
    vote(index, "u", 1)
    vote(index, "w", None)
    assert [(thumb.vote, thumb.grade) for thumb in asked.thumbs(index)] == [("v", 0), ("u", 1)]
