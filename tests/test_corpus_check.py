from __future__ import annotations

import datetime
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT, run
from treatment_search.corpus_check import (
    CONDITION_SECTIONS,
    TREATMENT_SECTIONS,
    check_corpus,
    reading_grade,
)

TODAY = datetime.date(2026, 11, 23)
CORPUS = ROOT / "corpus"


def test_the_starter_collection_has_nothing_to_mend() -> None:
    assert check_corpus(CORPUS) == []
    assert len(list(CORPUS.glob("*.md"))) >= 38


def test_the_reading_grade_is_the_formula() -> None:
    # Two sentences, eight words, nine syllables (nee-dle is two, the others one each).
    text = "A thin needle goes in. It may hurt. [1]"
    assert reading_grade(text) == pytest.approx(0.39 * 8 / 2 + 11.8 * 9 / 8 - 15.59)


def test_the_template_is_the_one_that_the_guide_tells() -> None:
    guide = (ROOT / "docs" / "writing-articles.md").read_text("utf-8")
    rows = re.findall(r"^\| ([A-Z][^|]+?) \| ([A-Z][^|]+?) \|$", guide, re.MULTILINE)
    for column, template in enumerate((TREATMENT_SECTIONS, CONDITION_SECTIONS)):
        told = {row[column].removesuffix(" *"): row[column].endswith(" *") for row in rows}
        assert told == template


def replaced(old: str, new: str, count: int = 1) -> Callable[[str], str]:
    def spoil(text: str) -> str:
        assert old in text
        return text.replace(old, new, count)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "line_of", "message"),
    [
        (replaced("licence: CC BY 4.0\n", ""), "---", "lacks 'licence:'"),
        (replaced("reviewed: 2026-11-23", "reviewed: soon"), "---", "reviewed 'soon' left out"),
        (replaced("reviewed: 2026-11-23", "reviewed: 2027-01-01"), "reviewed", "in the future"),
        (replaced("title: Dry needling for heel spur\n", ""), "---", "lacks 'title:'"),
        (replaced("## Who should not", "## Nobody"), "## Nobody", "'Nobody' is no section"),
        (replaced("## Get help now", "## What it is"), "## What it is", "stands there twice"),
        (replaced("## Who should not\n", "## Who should not\n\n## How it is done\n"),
         "## How it is done", "stands there twice"),
        (replaced("[1][2]", "[1][99]"), "[99]", r"source \[99\] is not listed"),
        (replaced("\n2. ", "\n1. "), "## Sources", "each number once"),
        (lambda text: text + "99. Far, <https://example.org>\n", "## Sources", "without a gap"),
        (replaced("\n1. ", "\n42. Unused, <https://example.org>\n1. "), "42. Unused", "never used"),
        (replaced("<https://health.clevelandclinic.org/", "<"), "1. ", "source 1 has no address"),
        (replaced("<https://health.clevelandclinic.org/", "<https:///"), "1. ", "not an address"),
        (replaced("\n## How it is done\n", "\nIt helps 7 of 10.\n\n## How it is done\n"),
         "It helps 7 of 10.", "a figure without its source"),
        (replaced("\n## How it is done\n", f"\n{'and so on ' * 11}.\n\n## How it is done\n"),
         "and so on", "over 30 words"),
        (replaced("\n## How it is done\n", f"\n{'Again. ' * 700}\n\n## How it is done\n"),
         "---", "words; write 500 to 1200"),
        (lambda text: re.sub(r"\. ", " notwithstanding considerable heterogeneity ", text),
         "---", "reading grade"),
        (replaced("## How it is done", "# Stray\n\nMore.\n\n## How it is done"),
         "# Stray", "no section"),
    ],
)  # fmt: skip
def test_a_spoilt_article_is_told_with_its_line(
    tmp_path: Path, spoil: Callable[[str], str], line_of: str, message: str
) -> None:
    path = tmp_path / "dry-needling.md"
    path.write_text(spoil((CORPUS / path.name).read_text("utf-8")), "utf-8")
    found = [f for f in check_corpus(tmp_path, TODAY) if re.search(message, f.message)]
    assert found, check_corpus(tmp_path, TODAY)
    assert found[0].path == "dry-needling.md"
    lines = path.read_text("utf-8").split("\n")
    assert line_of in lines[found[0].line - 1]


def test_a_sentence_of_another_article_is_told(tmp_path: Path) -> None:
    shutil.copy(CORPUS / "taping.md", tmp_path / "a.md")
    shutil.copy(CORPUS / "taping.md", tmp_path / "b.md")
    found = [f for f in check_corpus(tmp_path, TODAY) if "stands in a.md too" in f.message]
    assert len(found) > 20
    assert {f.path for f in found} == {"b.md"}


def test_an_unreadable_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty.md").write_text("")
    (tmp_path / "leaflet.odt").write_bytes(b"PK")
    (tmp_path / "page.html").write_text("nobody mends a web page by line")
    told = {f.path: f.message for f in check_corpus(tmp_path, TODAY)}
    assert told["empty.md"] == "the file is empty"
    assert told["leaflet.odt"].startswith("unknown format .odt; save it as .docx")
    assert "page.html" not in told


def test_the_command_names_file_line_and_what_to_do(tmp_path: Path) -> None:
    text = (CORPUS / "gout.md").read_text("utf-8").replace("licence: CC BY 4.0\n", "")
    (tmp_path / "gout.md").write_text(text, "utf-8")
    done = run("-m", "treatment_search", "check-corpus", "--corpus", str(tmp_path))
    assert done.returncode == 1
    assert done.stdout == "gout.md:1: the top of the file lacks 'licence:'; add it\n"
    done = run("-m", "treatment_search", "check-corpus", "--corpus", str(tmp_path / "none"))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
