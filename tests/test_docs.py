"""The documents tell of what is there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from streamlit.config import get_config_options

import ingest
from tests.conftest import ROOT
from treatment_search.__main__ import main

README = (ROOT / "README.md").read_text("utf-8")
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


def parameters() -> Iterator[tuple[str, click.Parameter]]:
    for name, command in [("ingest.py", ingest.main), *main.commands.items()]:
        for parameter in command.params:
            yield name, parameter


def row_of(command: str) -> str:
    """Return what the README's tables say of a command; ingest.py has a table of its own."""
    if command == "ingest.py":
        return README[README.index("| option of ingest.py") :].split("\n\n")[0]
    return next(line for line in README.splitlines() if line.startswith(f"| `{command}"))


def test_every_option_of_every_command_is_in_the_readme_and_has_help() -> None:
    seen = 0
    for command, parameter in parameters():
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{command} {parameter.opts}"
            assert f"`{parameter.opts[-1]}" in row_of(command), f"{command} {parameter.opts}"
            seen += 1
    assert seen > 15


def test_every_command_has_a_row_in_the_readme() -> None:
    assert {name for name in main.commands if row_of(name)} == set(main.commands)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_and_make_target_exists(document: Path) -> None:
    text = document.read_text("utf-8")
    for target in re.findall(r"\]\((?!https?:|javascript:)([^)#]+)\)", text):
        assert (document.parent / target).exists(), target
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"`make ([a-z-]+)", text):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_pinned_library_is_explained_once_in_contributing() -> None:
    contributing = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    table = contributing[contributing.index("| library | for |") :].split("\n\n")[0]
    files = (ROOT / "requirements.txt", ROOT / "requirements-cluster.txt")
    texts = [file.read_text("utf-8") for file in files]
    pinned = re.findall(r"^([\w-]+)==", "\n".join(texts), re.MULTILINE)
    assert len(pinned) > 10
    for library in pinned:
        assert re.search(rf"[| ,]{library}[ ,]", table), library


def test_no_visitor_waits_for_the_collector_of_garbage() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert config["runner"]["postScriptGC"] is False
    assert "runner.postScriptGC" in get_config_options()


def test_the_page_is_for_this_machine_alone_and_tells_nobody() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert config["server"]["address"] == "127.0.0.1"
    assert set(config["server"]["allowedHosts"]) == {"localhost", "127.0.0.1", "[::1]"}
    assert config["server"]["fileWatcherType"] == "none"
    assert config["browser"]["gatherUsageStats"] is False
