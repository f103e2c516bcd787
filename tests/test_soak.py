from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.soak.editions import editions_in, write_edition
from benchmarks.soak.run import growth


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.md").write_text(f"# {name}\n\nText of {name}.\n", "utf-8")
    return folder


def test_every_article_of_an_edition_says_which_it_is(source: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    write_edition(source, corpus, 4)
    texts = [path.read_text("utf-8") for path in sorted(corpus.iterdir())]
    assert len(texts) == 2
    assert [editions_in([text]) for text in texts] == [{4}, {4}]
    assert texts[0].startswith("# a\n\nText of a.\n")


def test_every_third_edition_lacks_an_article_that_the_next_one_has(
    source: Path, tmp_path: Path
) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    write_edition(source, corpus, 2)
    write_edition(source, corpus, 3)  # 3 mod 2 articles: the second is away
    assert [path.name for path in corpus.iterdir()] == ["a.md"]
    write_edition(source, corpus, 4)
    assert sorted(path.name for path in corpus.iterdir()) == ["a.md", "b.md"]


def test_an_answer_of_two_editions_is_seen() -> None:
    old, new = (f"a belongs to edition {n} of the collection." for n in (4, 5))
    assert editions_in([old, new, "nothing"]) == {4, 5}


def test_growth_is_the_last_fifth_against_the_second() -> None:
    assert growth([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) == (9 + 10) / 2 - (3 + 4) / 2
