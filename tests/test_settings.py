from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from treatment_search.settings import Settings


def test_without_an_environment_the_folders_are_beside_the_program() -> None:
    assert Settings.from_environment({}) == Settings(Path("corpus"), Path("index"))


def test_each_folder_can_be_named_by_the_environment() -> None:
    settings = Settings.from_environment(
        {"TREATMENT_SEARCH_CORPUS": "/srv/articles", "TREATMENT_SEARCH_INDEX": "/srv/index"}
    )
    assert settings == Settings(Path("/srv/articles"), Path("/srv/index"))


def test_one_folder_named_leaves_the_other_as_it_was() -> None:
    settings = Settings.from_environment({"TREATMENT_SEARCH_INDEX": "elsewhere"})
    assert settings == Settings(Path("corpus"), Path("elsewhere"))


def test_an_empty_name_is_no_name() -> None:
    assert Settings.from_environment({"TREATMENT_SEARCH_CORPUS": ""}) == Settings()


def test_the_process_environment_is_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TREATMENT_SEARCH_CORPUS", "from-here")
    assert Settings.from_environment().corpus == Path("from-here")


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().corpus = Path("other")  # type: ignore[misc]


def test_keepers_are_named_with_commas_between_them() -> None:
    named = {"TREATMENT_SEARCH_KEEPERS": " ann@example.org,, ben@example.org ,"}
    assert Settings.from_environment(named).keepers == ("ann@example.org", "ben@example.org")
    assert Settings().keepers == ()


@pytest.mark.parametrize(
    ("said", "meant"), [("1", True), ("0", False), ("", None), ("yes", False), ("no", False)]
)
def test_questions_are_kept_with_1_alone(said: str, meant: bool | None) -> None:
    assert Settings.from_environment({"TREATMENT_SEARCH_KEEP_QUESTIONS": said}) == Settings(
        keep_questions=meant
    )
