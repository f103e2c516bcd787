from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.concepts import ConceptEncoder
from treatment_search.engine import Engine
from treatment_search.errors import IndexBusy
from treatment_search.ingestion import ingest
from treatment_search.records import (
    Band,
    DenseRecord,
    Evaluation,
    FileNote,
    Hit,
    IngestReport,
    Language,
    Metadata,
    Mode,
    Move,
    Passage,
    Reasons,
    Role,
    SearchResult,
    StoredPassage,
    Topic,
    UrgentPassage,
    Verdict,
)
from treatment_search.reporting import as_json, as_text, one_line_errors, printable
from treatment_search.status import IndexStatus, index_status

REPORT = IngestReport(
    generation="g-1",
    articles=1_200,
    passages=3_400,
    added=1,
    changed=2,
    removed=3,
    unchanged=4,
    embedded=5,
    skipped=(FileNote("scan.tif", "unknown format .tif"),),
    warnings=(FileNote("old.md", "not UTF-8; read as cp1252"),),
    seconds=6.04,
)
PASSAGE = Passage("a.md", 0, ("How", "Often"), "T › How › Often", 7, 24, "First.\nThe second.")
STORED = StoredPassage(
    3, "Title", Metadata(source="Clinic", reviewed="2026-11-23"), PASSAGE, Role.HOW
)
HELP = StoredPassage(
    4,
    "Title",
    Metadata(),
    Passage("a.md", 1, ("Help",), "T › Help", 30, 39, "Call now."),
    Role.URGENT,
)
HIT = Hit(
    rank=1,
    passage=STORED,
    score=0.12345678,
    band=Band.POSSIBLE,
    dense=0.5,
    keyword=1.0,
    sentence=(7, 18),
    words=((0, 5), (11, 17)),
    why=Reasons(by_meaning=True, words=("first",)),
    help=(HELP,),
)
HELP_JSON = {
    "article_id": "a.md",
    "title": "Title",
    "headings": ["Help"],
    "role": "urgent",
    "text": "Call now.",
    "start": 30,
    "end": 39,
    "page": None,
}
RESULT = SearchResult("q", Verdict.FOUND, "g-1", 1.25, (HIT,))
EVALUATION = Evaluation(
    questions=52,
    passages=1_000,
    ndcg_at_10=0.641,
    recall_at_100=0.9,
    success_at_1=0.5,
    milliseconds_p50=2.0,
    milliseconds_p95=4.0,
    by_mode={Mode.HYBRID: 0.641, Mode.DENSE: 0.53, Mode.KEYWORD: 0.434},
)
STATUS = IndexStatus(
    "g-2", "2026", 3, 5, {"added": 3}, "MiniLM", 384, 2_500_000, "g-1", "OpenVINO 1, bf16", None
)

# The keys that DESIGN.md promises.
INGEST_KEYS = {
    "generation", "articles", "passages", "added", "changed", "removed", "unchanged", "embedded",
    "skipped", "warnings", "seconds",
}  # fmt: skip
SEARCH_KEYS = {"question", "verdict", "generation", "milliseconds", "hits"}
HIT_KEYS = {
    "rank", "article_id", "title", "headings", "text", "start", "end", "score", "band", "dense",
    "keyword", "sentence", "words",
}  # fmt: skip
EVALUATE_KEYS = {
    "questions", "passages", "ndcg@10", "recall@100", "success@1", "milliseconds_p50",
    "milliseconds_p95", "by_mode",
}  # fmt: skip


def printed(record: object) -> dict[str, object]:
    """Return what a program reads from the JSON that a command prints."""
    content = json.loads(json.dumps(as_json(record), ensure_ascii=False))
    assert isinstance(content, dict)
    return content


# JSON


def test_an_ingest_report_has_every_promised_key() -> None:
    content = printed(REPORT)
    assert content.keys() >= INGEST_KEYS
    assert content["skipped"] == [{"path": "scan.tif", "reason": "unknown format .tif"}]
    assert content["warnings"] == [{"path": "old.md", "reason": "not UTF-8; read as cp1252"}]
    assert (content["added"], content["changed"], content["removed"]) == (1, 2, 3)
    assert (content["unchanged"], content["embedded"], content["seconds"]) == (4, 5, 6.04)


def test_a_search_result_has_every_promised_key() -> None:
    content = printed(RESULT)
    assert content.keys() >= SEARCH_KEYS
    assert (content["verdict"], content["milliseconds"]) == ("found", 1.25)
    assert isinstance(content["hits"], list)
    (hit,) = content["hits"]
    assert hit.keys() >= HIT_KEYS
    assert hit == {
        "rank": 1,
        "article_id": "a.md",
        "title": "Title",
        "headings": ["How", "Often"],
        "text": "First.\nThe second.",
        "start": 7,
        "end": 24,
        "score": 0.123457,
        "band": "possible",
        "dense": 0.5,
        "keyword": 1.0,
        "sentence": [7, 18],
        "words": [[0, 5], [11, 17]],
        "role": "how",
        "why": {"by_meaning": True, "words": ["first"], "repairs": [], "also": []},
        "help": [HELP_JSON],
        "also_in": [],
        "page": None,
        "source": "Clinic",
        "url": None,
        "reviewed": "2026-11-23",
        "updated": None,
    }


def test_nothing_found_is_an_empty_list() -> None:
    content = printed(SearchResult("q", Verdict.NOTHING, "g-1", 1.0, ()))
    assert (content["verdict"], content["hits"]) == ("nothing", [])


def test_what_is_urgent_near_and_foreign_stands_beside_the_hits() -> None:
    content = printed(
        SearchResult(
            "q", Verdict.NOTHING, "g-1", 1.0, (),
            urgent=(UrgentPassage(HELP, (0, 4)),),
            topics=(Topic("b.md", "Beta"),),
            language=Language("de", "German"),
        )
    )  # fmt: skip
    assert content["urgent"] == [{**HELP_JSON, "sentence": [0, 4]}]
    assert content["topics"] == [{"article_id": "b.md", "title": "Beta"}]
    assert content["language"] == {"code": "de", "name": "German"}
    assert printed(RESULT)["language"] is None


def test_an_evaluation_has_every_promised_key() -> None:
    content = printed(EVALUATION)
    assert content.keys() >= EVALUATE_KEYS
    assert (content["ndcg@10"], content["recall@100"], content["success@1"]) == (0.641, 0.9, 0.5)
    assert content["by_mode"] == {"hybrid": 0.641, "dense": 0.53, "keyword": 0.434}


def test_a_status_tells_what_is_live() -> None:
    content = printed(STATUS)
    assert content["generation"] == "g-2"
    assert content["previous"] == "g-1"
    assert (content["runtime"], content["why_original"]) == ("OpenVINO 1, bf16", None)


def test_a_real_answer_makes_json_whose_offsets_fit_its_text(engine: Engine) -> None:
    content = printed(engine.search("moving a needle a little"))
    assert isinstance(content["hits"], list)
    hit = content["hits"][0]
    assert hit.keys() >= HIT_KEYS
    start, end = hit["sentence"]
    assert hit["text"][start:end] == "Then the needle is moved a little."
    words = [hit["text"][start:end] for start, end in hit["words"]]
    assert words == ["needle", "needle", "moved", "little"]


def test_a_real_ingest_and_status_make_json(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    report = printed(ingest(corpus, index, encoder))
    status = printed(index_status(index))
    assert report.keys() >= INGEST_KEYS
    assert status["generation"] == report["generation"]
    assert (status["articles"], status["passages"]) == (3, 5)
    assert status["changes"] == {
        "added": 3,
        "changed": 0,
        "removed": 0,
        "unchanged": 0,
        "moved": 0,
    }


@pytest.mark.parametrize("form", [as_json, as_text])
def test_what_has_no_form_is_a_mistake_of_the_program(form: object) -> None:
    assert callable(form)
    with pytest.raises(TypeError, match="dict"):
        form({})


# Text


def test_an_ingest_report_counts_and_names_what_was_skipped() -> None:
    lines = as_text(REPORT).split("\n")
    assert lines == [
        "1,200 articles, 3,400 passages",
        "  added 1 · changed 2 · removed 3 · unchanged 4",
        "  5 passages embedded, 6.0 s",
        "Skipped (1):",
        "  scan.tif: unknown format .tif",
        "Look at (1):",
        "  old.md: not UTF-8; read as cp1252",
        "Live: g-1",
    ]


def test_moved_articles_are_counted_and_named() -> None:
    report = replace(REPORT, moved=(Move("a.md", "b/a.md"),), skipped=(), warnings=())
    assert as_text(report).split("\n")[1:5] == [
        "  added 1 · changed 2 · removed 3 · unchanged 4 · moved 1",
        "  5 passages embedded, 6.0 s",
        "Moved (1):",
        "  a.md is now b/a.md",
    ]
    assert printed(report)["moved"] == [{"from": "a.md", "to": "b/a.md"}]


def test_many_skipped_files_are_cut_and_counted() -> None:
    skipped = tuple(FileNote(f"{n:02}.tif", "unknown") for n in range(23))
    text = as_text(IngestReport("g", 1, 1, 0, 0, 0, 1, 0, skipped, (), 1.0))
    assert "Skipped (23):" in text
    assert "19.tif: unknown" in text
    assert "20.tif" not in text
    assert "  and 3 more; --json names them all" in text


def test_a_dry_run_says_that_nothing_was_written() -> None:
    report = IngestReport("none", 1, 2, 1, 0, 0, 0, 2, (), (), 1.0, dry_run=True)
    lines = as_text(report).split("\n")
    assert lines[0] == "Dry run: nothing was written."
    assert "  2 passages to embed, 1.0 s" in lines
    assert not any(line.startswith("Live") for line in lines)


def test_a_rebuild_says_why() -> None:
    report = IngestReport("g", 1, 2, 0, 0, 0, 1, 2, (), (), 1.0, rebuilt="the model changed")
    assert as_text(report).split("\n")[0] == "Everything is made anew: the model changed"


def test_an_answer_shows_path_band_file_and_text() -> None:
    assert as_text(RESULT).split("\n") == [
        "1. Title › How › Often   [possible]",
        "   a.md",
        "   First.",
        "   The second.",
    ]


def test_other_articles_that_say_the_same_are_named() -> None:
    hit = replace(HIT, also_in=("b.md", "c\x1b.md"))
    text = as_text(replace(RESULT, hits=(hit,)))
    assert text.split("\n")[-1] == "   also in: b.md, c\\x1b.md"


def test_no_answer_says_so_and_shows_no_passage() -> None:
    text = as_text(SearchResult("q", Verdict.NOTHING, "g", 1.0, ()))
    assert text.startswith("No article here covers this.")


def test_no_answer_names_the_nearest_articles_and_urgent_words_come_first() -> None:
    result = SearchResult(
        "q", Verdict.NOTHING, "g", 1.0, (),
        urgent=(UrgentPassage(HELP, None),), topics=(Topic("b.md", "Be\x1bta"),),
    )  # fmt: skip
    assert as_text(result).split("\n\n") == [
        "If this is you, get help now:\nTitle › Help\n   a.md\n   Call now.",
        "No article here covers this. Try other words for it: the part of the body, the "
        "treatment, what it feels like.",
        "The nearest articles are about: Be\\x1bta",
    ]


@pytest.mark.parametrize(
    ("hits", "said"),
    [((), "which this search does not read"), ((HIT,), "found by its words alone")],
)
def test_a_question_in_another_language_is_told_so(hits: tuple[Hit, ...], said: str) -> None:
    verdict = Verdict.FOUND if hits else Verdict.NOTHING
    result = SearchResult("q", verdict, "g", 1.0, hits, language=Language("de", "German"))
    assert as_text(result).startswith(f"This looks like German: {said}.")


def test_an_evaluation_shows_its_measures() -> None:
    text = as_text(EVALUATION)
    assert "52 questions over 1,000 passages" in text
    assert "nDCG@10 0.6410   recall@100 0.9000   success@1 0.5000" in text
    assert "hybrid 0.6410, dense 0.5300, keyword 0.4340" in text


def test_a_status_shows_what_is_live_and_what_is_behind_it() -> None:
    text = as_text(STATUS)
    assert "Live: g-2, made 2026" in text
    assert "3 articles, 5 passages, 2.5 MB" in text
    assert "previous, for rollback: g-1" in text
    assert "questions are read by: OpenVINO 1, bf16\n" in text
    assert "  vectors are searched one by one" in text.splitlines()
    listed = as_text(replace(STATUS, dense=DenseRecord(2_000, 32, 0.9874)))
    assert (
        "  vectors are searched in 32 of 2,000 lists, which finds 98.7% of the ten nearest"
        in listed
    )
    fallen = replace(STATUS, runtime="sentence-transformers", why_original="'m' is damaged")
    assert "read by: sentence-transformers ('m' is damaged)\n" in as_text(fallen)


# What an article or a file name can do to a terminal


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain – “text” ß 足 🦶", "plain – “text” ß 足 🦶"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x9b2J", r"\x9b2J"),
        ("bell\x07", r"bell\x07"),
        ("over\rwritten\b", r"over\rwritten\x08"),
        ("two\nlines", r"two\nlines"),
        ("right\u202eto left", r"right\u202eto left"),
        ("half \ud83e", r"half \ud83e"),
    ],
)
def test_what_could_steer_a_terminal_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_no_report_lets_a_name_or_a_text_steer_the_terminal() -> None:
    bad = "\x1b]0;gone\x07"
    passage = Passage(f"{bad}.md", 0, (bad,), bad, 0, 1, f"{bad} text")
    hit = Hit(
        1,
        StoredPassage(0, bad, Metadata(), passage, Role.HOW),
        1,
        Band.WEAK,
        0,
        0,
        None,
        (),
        Reasons(False),
    )
    note = FileNote(bad, bad)
    texts = [
        as_text(SearchResult("q", Verdict.FOUND, "g", 1.0, (hit,))),
        as_text(IngestReport("g", 1, 1, 0, 0, 0, 1, 0, (note,), (note,), 1.0, rebuilt=bad)),
        as_text(IndexStatus("g", "2026", 1, 1, {}, bad, 8, 1, None, bad, bad)),
    ]
    for text in texts:
        assert r"\x1b]0;gone\x07" in text
        assert all(c.isprintable() or c == "\n" for c in text)


# Errors


def test_an_error_on_purpose_is_one_line_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, one_line_errors():
        raise IndexBusy("another ingest\nis \x1b[31mrunning")
    assert ended.value.code == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "treatment-search: another ingest\\nis \\x1b[31mrunning\n"


def test_an_error_of_the_disk_names_the_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit) as ended, one_line_errors():
        (tmp_path / "gone").read_bytes()
    assert ended.value.code == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert f"{tmp_path}/gone" in err
    assert "No such file" in err


def test_a_mistake_of_the_program_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError), one_line_errors():
        print(1 / 0, file=sys.stderr)


def test_without_an_error_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with one_line_errors():
        pass
    assert capsys.readouterr() == ("", "")
