from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.concepts import ConceptEncoder
from tests.conftest import ROOT
from tests.test_generations import rename_by_manifest
from treatment_search import generations, publishing
from treatment_search.encoder import Progress
from treatment_search.engine import Engine
from treatment_search.errors import CorpusProblem
from treatment_search.ingestion import encoder_for_index, ingest
from treatment_search.models import BUNDLED, ModelIdentity
from treatment_search.records import FileNote, IngestReport, Move, Verdict
from treatment_search.references import role_prototypes
from treatment_search.vectors import Vectors

pytestmark = pytest.mark.usefixtures("uncalibrated")

Write = Callable[[str, str], Path]

NEEDLING_HOW = (
    "Dry needling for heel spur › How it is done: The therapist puts a thin needle into a tight "
    "muscle. Then the needle is moved a little."
)
PASSAGES = [
    "Steroid injection › Does it help?: The injection helps for about a month.",
    NEEDLING_HOW,
    "Dry needling for heel spur › Who should not: People who take blood thinners ask a doctor "
    "before needling.",
    "Stretching the calf › How often and how long: Stretch three times a day. Hold each stretch "
    "for thirty seconds.",
    "Stretching the calf › When it hurts: Pain in the morning is normal at first. See a doctor "
    "when it stays.",
]
HEADINGS = [passage.partition(": ")[0] for passage in PASSAGES]
PROTOTYPES = [text for _, text in role_prototypes()]


def counts(report: IngestReport) -> tuple[int, int, int, int, int]:
    return report.added, report.changed, report.removed, report.unchanged, report.embedded


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return every path below a folder with its time of change and its bytes."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in folder.rglob("*")
    }


class CountingEncoder(ConceptEncoder):
    """Remembers how many texts chunking had it measure: none when no article is cut again."""

    measured = 0

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        self.measured += len(texts)
        return super().count_tokens(texts)


@pytest.fixture
def six(corpus: Path, index: Path, encoder: ConceptEncoder, write: Write) -> IngestReport:
    """Three more articles of one passage each, so that one of six may go; ingested once."""
    for number in (1, 2, 3):
        write(f"raise{number}.md", f"# Raise {number}\n\nDo calf raises on day {number}.\n")
    report = ingest(corpus, index, encoder)
    encoder.encoded.clear()
    return report


# What a life of the corpus embeds


def test_the_first_ingest_embeds_every_passage_and_every_heading_path_once(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    report = ingest(corpus, index, encoder)
    assert counts(report) == (3, 0, 0, 0, 5)
    assert (report.articles, report.passages) == (3, 5)
    assert (report.skipped, report.warnings, report.rebuilt, report.dry_run) == (
        (),
        (FileNote("jabs/steroid.txt", "very short: 7 words"),),
        None,
        False,
    )
    assert encoder.encoded == PASSAGES + HEADINGS + PROTOTYPES
    assert generations.current_name(index) == report.generation


def test_a_second_ingest_embeds_nothing_and_keeps_the_generation(
    corpus: Path, index: Path, encoder: ConceptEncoder, six: IngestReport
) -> None:
    before = tree(index)
    report = ingest(corpus, index, encoder)
    assert counts(report) == (0, 0, 0, 6, 0)
    assert report.generation == six.generation
    assert encoder.encoded == []
    after = tree(index)
    assert {p: v for p, v in after.items() if p.startswith("g-")} == {
        p: v for p, v in before.items() if p.startswith("g-")
    }


def test_a_touched_file_is_unchanged(
    corpus: Path, index: Path, encoder: ConceptEncoder, six: IngestReport
) -> None:
    os.utime(corpus / "needling.md", (1, 1))
    report = ingest(corpus, index, encoder)
    assert counts(report) == (0, 0, 0, 6, 0)
    assert report.generation == six.generation


def test_an_added_article_is_all_that_is_embedded(
    corpus: Path, index: Path, encoder: ConceptEncoder, six: IngestReport, write: Write
) -> None:
    write("taping.md", "# Taping\n\nTape lifts the arch.\n")
    report = ingest(corpus, index, encoder)
    assert counts(report) == (1, 0, 0, 6, 1)
    assert (report.articles, report.passages) == (7, 9)
    assert encoder.encoded == ["Taping: Tape lifts the arch.", "Taping"]
    assert report.generation != six.generation


@pytest.mark.usefixtures("six")
def test_unchanged_articles_are_not_even_cut_into_passages_again(
    corpus: Path, index: Path, write: Write
) -> None:
    encoder = CountingEncoder()
    ingest(corpus, index, encoder)
    assert encoder.measured == 0
    write("raise1.md", "# Raise 1\n\nDo fewer calf raises.\n")
    ingest(corpus, index, encoder)
    assert encoder.measured > 0


@pytest.mark.usefixtures("six")
def test_an_edited_passage_is_all_that_is_embedded_of_its_article(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    path = corpus / "needling.md"
    path.write_text(path.read_text("utf-8").replace("thin needle", "very thin needle"), "utf-8")
    report = ingest(corpus, index, encoder)
    assert counts(report) == (0, 1, 0, 5, 1)
    assert encoder.encoded == [NEEDLING_HOW.replace("thin needle", "very thin needle")]


@pytest.mark.usefixtures("six")
def test_a_deleted_article_is_gone_and_nothing_is_embedded(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    (corpus / "jabs" / "steroid.txt").unlink()
    report = ingest(corpus, index, encoder)
    assert counts(report) == (0, 0, 1, 5, 0)
    assert (report.articles, report.passages) == (5, 7)
    assert encoder.encoded == []
    engine = Engine(index, encoder_for=lambda _: encoder)
    assert engine.article("jabs/steroid.txt") is None
    hits = engine.search("steroid injection", k=50).hits
    assert "jabs/steroid.txt" not in {hit.passage.passage.article_id for hit in hits}


@pytest.mark.usefixtures("six")
def test_a_renamed_article_carries_its_vectors_over(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    before = Engine(index, encoder_for=lambda _: encoder).search("pins").hits[0]
    (corpus / "needling.md").rename(corpus / "zz.md")
    report = ingest(corpus, index, encoder)
    assert counts(report) == (0, 0, 0, 5, 0)
    assert report.moved == (Move("needling.md", "zz.md"),)
    assert report.touched == ()
    assert encoder.encoded == []
    after = Engine(index, encoder_for=lambda _: encoder).search("pins").hits[0]
    assert after.passage.passage == replace(before.passage.passage, article_id="zz.md")
    assert (after.score, after.dense) == (before.score, before.dense)


def test_two_articles_that_say_the_same_are_embedded_once(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    for name in ("one.md", "two.md"):
        write(name, "# Taping\n\nTape lifts the arch.\n")
    report = ingest(corpus, index, encoder)
    assert (report.articles, report.passages, report.embedded) == (5, 7, 6)
    assert encoder.encoded.count("Taping: Tape lifts the arch.") == 1


def test_the_manifest_says_what_the_last_ingest_did(
    corpus: Path, index: Path, encoder: ConceptEncoder, six: IngestReport, write: Write
) -> None:
    write("taping.md", "# Taping\n\nTape lifts the arch.\n")
    ingest(corpus, index, encoder)
    manifest = generations.live_generation(index).manifest
    assert manifest.changes == {
        "added": 1,
        "changed": 0,
        "removed": 0,
        "unchanged": 6,
        "moved": 0,
    }
    assert (manifest.articles, manifest.passages, manifest.dimensions) == (7, 9, 8)
    assert manifest.previous == six.generation
    assert manifest.model == encoder.identity


def test_progress_is_told_of_every_step(corpus: Path, index: Path, encoder: ConceptEncoder) -> None:
    class Steps:
        def __init__(self) -> None:
            self.stages: dict[str, list[int]] = {}

        def start(self, stage: str, total: int) -> None:
            self.stages[stage] = [0, total]

        def advance(self, count: int) -> None:
            list(self.stages.values())[-1][0] += count

    steps = Steps()
    ingest(corpus, index, encoder, progress=steps)
    assert steps.stages == {
        "reading articles": [3, 3],
        "preparing the model": [1, 1],
        "embedding passages": [5, 5],
        "embedding headings": [5, 5],
        "embedding what to compare with": [1, 1],
        "writing the index": [5, 5],
    }


# What cannot be read


def test_an_unreadable_article_is_named_and_the_rest_ingested(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    (corpus / "noise.md").write_bytes(bytes(range(32)) * 50)
    write("empty.md", " \n")
    write("only.md", "# Only a title\n")
    write("list.md", "# A list\n\n## References\n\nSmith 2020.\n")
    report = ingest(corpus, index, encoder)
    assert (report.articles, report.passages) == (3, 5)
    assert [note.path for note in report.skipped] == ["empty.md", "list.md", "noise.md", "only.md"]
    reasons = {note.path: note.reason for note in report.skipped}
    assert "empty" in reasons["empty.md"]
    assert "only references" in reasons["list.md"]
    assert "does not look like text" in reasons["noise.md"]
    assert "no text below its title" in reasons["only.md"]


def test_a_file_of_an_unknown_format_is_named_with_the_known_ones(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    write("jabs/sheet.xyz", "1,2,3")
    (note,) = ingest(corpus, index, encoder).skipped
    assert note.path == "jabs/sheet.xyz"
    assert note.reason.startswith("unknown format .xyz; known are")
    assert ".md" in note.reason


def test_names_that_begin_with_a_dot_are_no_articles(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    write(".hidden.md", "# Hidden\n\nText.\n")
    write(".git/notes.md", "# Notes\n\nText.\n")
    report = ingest(corpus, index, encoder)
    assert (report.articles, report.skipped) == (3, ())


def test_a_link_that_leaves_the_corpus_is_not_followed(
    corpus: Path, index: Path, encoder: ConceptEncoder, tmp_path: Path
) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "plan.md").write_text("# Plan\n\nSecret text.\n", "utf-8")
    (corpus / "linked.md").symlink_to(tmp_path / "secret" / "plan.md")
    (corpus / "folder").symlink_to(tmp_path / "secret")
    report = ingest(corpus, index, encoder)
    assert report.articles == 3
    assert report.skipped == (
        FileNote("folder", "a link to a folder is not followed"),
        FileNote("linked.md", "a link that leaves the corpus folder is not followed"),
    )


def test_a_link_inside_the_corpus_is_an_article(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    (corpus / "again.md").symlink_to(corpus / "needling.md")
    report = ingest(corpus, index, encoder)
    assert (report.articles, report.passages, report.embedded) == (4, 7, 5)


def test_what_is_no_file_is_named_and_never_opened(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    os.mkfifo(corpus / "pipe.md")  # opening it would wait for ever
    (corpus / "circle.md").symlink_to(corpus / "circle.md")
    (corpus / "dangling.md").symlink_to(corpus / "gone.md")
    report = ingest(corpus, index, encoder)
    assert report.articles == 3
    assert [note.path for note in report.skipped] == ["circle.md", "dangling.md", "pipe.md"]


def test_a_name_that_is_not_utf8_is_named_and_skipped(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    Path(os.fsdecode(os.fsencode(corpus) + b"/f\xfcsse.md")).write_text("# A\n\nText.\n", "utf-8")
    (note,) = ingest(corpus, index, encoder).skipped
    assert "not valid UTF-8" in note.reason
    note.path.encode("utf-8")  # fit for a report


def test_notes_about_an_article_are_told_on_every_run(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    write("taping.md", "---\ncolour: red\n---\n# Taping\n\nTape lifts the arch.\n")
    first = ingest(corpus, index, encoder)
    second = ingest(corpus, index, encoder)
    note = next(note for note in first.warnings if note.path == "taping.md")
    assert "colour" in note.reason
    assert second.warnings == first.warnings


# Dry runs


def test_a_first_dry_run_makes_no_index(corpus: Path, index: Path, encoder: ConceptEncoder) -> None:
    report = ingest(corpus, index, encoder, dry_run=True)
    assert counts(report) == (3, 0, 0, 0, 5)
    assert report.dry_run
    assert encoder.encoded == []
    assert not index.exists()


@pytest.mark.usefixtures("six")
def test_a_dry_run_writes_nothing_and_tells_what_the_run_will_do(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    write("taping.md", "# Taping\n\nTape lifts the arch.\n")
    write("raise1.md", "# Raise 1\n\nDo fewer calf raises.\n")
    (corpus / "raise2.md").unlink()
    write("sheet.xyz", "1,2,3")
    before = tree(index), tree(corpus)
    told = ingest(corpus, index, encoder, dry_run=True)
    assert (tree(index), tree(corpus)) == before
    assert encoder.encoded == []
    done = ingest(corpus, index, encoder)
    assert counts(told) == counts(done) == (1, 1, 1, 4, 2)
    assert replace(told, generation="", seconds=0, dry_run=False) == replace(
        done, generation="", seconds=0
    )


def test_a_dry_run_without_a_change_names_the_live_generation(
    corpus: Path, index: Path, encoder: ConceptEncoder, six: IngestReport
) -> None:
    assert ingest(corpus, index, encoder, dry_run=True).generation == six.generation


# When everything is made anew


def test_a_rebuild_embeds_everything_again(
    corpus: Path, index: Path, encoder: ConceptEncoder, six: IngestReport
) -> None:
    report = ingest(corpus, index, encoder, rebuild=True)
    assert counts(report) == (0, 0, 0, 6, 8)
    assert len(encoder.encoded) == 8 + 8 + len(PROTOTYPES)  # and the heading paths
    assert report.rebuilt == "asked for with --rebuild"
    assert report.generation != six.generation


@pytest.mark.usefixtures("six")
def test_other_files_of_the_model_rebuild_and_say_so(corpus: Path, index: Path) -> None:
    other = ConceptEncoder(version="2")
    report = ingest(corpus, index, other)
    assert report.rebuilt == "the files or prompts of the model concepts changed"
    assert counts(report) == (0, 0, 0, 6, 8)
    assert generations.live_generation(index).manifest.model.fingerprint == "2"
    assert Engine(index, encoder_for=lambda _: other).search("pins").hits


@pytest.mark.usefixtures("six")
def test_another_model_rebuilds_and_both_are_named(corpus: Path, index: Path) -> None:
    other = ConceptEncoder()
    other.identity = ModelIdentity("better", "1", "", "")
    report = ingest(corpus, index, other)
    assert report.rebuilt == "the model changed from concepts to better"
    assert report.embedded == 8


@pytest.mark.parametrize(
    ("constant", "why"),
    [
        ("CHUNKER_VERSION", "the way articles are cut into passages changed with this version"),
        ("READER_VERSION", "the way articles are read changed with this version"),
        ("ANALYZER_VERSION", "the way words are analyzed changed with this version"),
        ("ROLES_VERSION", "the way sections get their role changed with this version"),
    ],
)
def test_a_changed_version_reads_all_again_and_carries_the_vectors_over(
    corpus: Path,
    index: Path,
    six: IngestReport,
    monkeypatch: pytest.MonkeyPatch,
    constant: str,
    why: str,
) -> None:
    encoder = CountingEncoder()
    monkeypatch.setattr(f"treatment_search.lookback.{constant}", "next")
    monkeypatch.setattr(f"treatment_search.assembly.{constant}", "next")
    report = ingest(corpus, index, encoder)
    assert report.rebuilt == why
    assert encoder.measured > 0
    assert counts(report) == (0, 0, 0, 6, 0)
    assert encoder.encoded == []
    assert report.generation != six.generation
    manifest = generations.live_generation(index).manifest
    assert getattr(manifest, constant.lower()) == "next"
    assert ingest(corpus, index, encoder).rebuilt is None


@pytest.mark.parametrize(
    ("file", "embedded", "read"),
    [
        (f"{generations.DENSE}/rows/000000000000.npy", 8, False),
        (generations.PASSAGES, 8, True),
        (f"{generations.HEADINGS}/rows/000000000000.npy", 0, False),
        (f"{generations.HEADINGS}/numbers.npy", 0, False),
        (f"{generations.KEYWORD}/meta.json", 0, False),
        (f"{generations.SENTENCES}/starts.npy", 8, False),
        (f"{generations.REFERENCES}/000000000000.npy", 0, False),
        (generations.MANIFEST, 8, True),
    ],
)
def test_a_damaged_live_generation_is_written_anew_from_what_is_sound_and_said_so(
    corpus: Path, index: Path, six: IngestReport, file: str, embedded: int, read: bool
) -> None:
    path = index / six.generation / file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    encoder = CountingEncoder()
    assert ingest(corpus, index, encoder, dry_run=True).embedded == embedded
    encoder.measured = 0
    report = ingest(corpus, index, encoder)
    assert report.rebuilt is not None
    assert file in report.rebuilt
    assert report.embedded == embedded
    headings = 8 if read or file.startswith(f"{generations.HEADINGS}/rows") else 0
    references = len(PROTOTYPES) if read or file.startswith(generations.REFERENCES) else 0
    assert len(encoder.encoded) == embedded + headings + references
    assert (encoder.measured > 0) == read
    generations.live_generation(index).check_contents()
    assert Engine(index, encoder_for=lambda _: encoder).search("pins").hits


def test_an_index_of_another_format_is_rebuilt_and_said_so(
    corpus: Path, index: Path, encoder: ConceptEncoder, six: IngestReport
) -> None:
    path = index / six.generation / generations.MANIFEST
    text = path.read_text("utf-8")
    now = f'"format_version": {generations.FORMAT_VERSION}'
    assert now in text
    path.write_text(text.replace(now, '"format_version": 0'), "utf-8")
    rename_by_manifest(path.parent)
    report = ingest(corpus, index, encoder)
    assert report.rebuilt is not None
    assert "the format of another version" in report.rebuilt
    assert report.embedded == 8


# What is refused


@pytest.mark.usefixtures("six")
def test_more_than_a_fifth_gone_is_refused_and_the_index_stays(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    (corpus / "raise1.md").unlink()
    (corpus / "raise2.md").unlink()
    before = {path: data for path, (_, data) in tree(index).items()}
    with pytest.raises(CorpusProblem, match=r"2 of 6 articles are gone.*--allow-removal") as caught:
        ingest(corpus, index, encoder)
    assert "raise1.md, raise2.md" in str(caught.value)
    assert {path: data for path, (_, data) in tree(index).items()} == before


@pytest.mark.usefixtures("six")
def test_a_dry_run_is_refused_as_the_run_would_be(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    shutil.rmtree(corpus / "jabs")
    (corpus / "raise2.md").unlink()
    with pytest.raises(CorpusProblem, match="2 of 6"):
        ingest(corpus, index, encoder, dry_run=True)


def test_exactly_a_fifth_may_go(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    for name in ("one", "two"):
        write(f"{name}.md", f"# Raise {name}\n\nDo calf raises.\n")
    ingest(corpus, index, encoder)
    (corpus / "one.md").unlink()
    assert ingest(corpus, index, encoder).removed == 1  # of five


@pytest.mark.usefixtures("six")
def test_allowed_removal_goes_on(corpus: Path, index: Path, encoder: ConceptEncoder) -> None:
    for number in (1, 2, 3):
        (corpus / f"raise{number}.md").unlink()
    report = ingest(corpus, index, encoder, allow_removal=True)
    assert counts(report) == (0, 0, 3, 3, 0)


@pytest.mark.usefixtures("six")
def test_an_article_that_cannot_be_read_any_more_counts_as_gone(
    corpus: Path, index: Path, encoder: ConceptEncoder, write: Write
) -> None:
    write("raise1.md", "")
    report = ingest(corpus, index, encoder)
    assert (report.removed, report.changed) == (1, 0)
    assert [note.path for note in report.skipped] == ["raise1.md"]
    write("raise2.md", "")
    write("raise3.md", "")
    with pytest.raises(CorpusProblem, match="2 of 5"):
        ingest(corpus, index, encoder)


def test_a_missing_folder_is_refused(tmp_path: Path, index: Path, encoder: ConceptEncoder) -> None:
    with pytest.raises(CorpusProblem, match=r"no folder '.*gone'"):
        ingest(tmp_path / "gone", index, encoder)
    assert not index.exists()


def test_an_empty_folder_is_refused(tmp_path: Path, index: Path, encoder: ConceptEncoder) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CorpusProblem, match=r"no article in '.*empty'"):
        ingest(tmp_path / "empty", index, encoder)
    assert not (index / generations.CURRENT).exists()


def test_a_folder_without_a_readable_article_says_why(
    tmp_path: Path, index: Path, encoder: ConceptEncoder
) -> None:
    folder = tmp_path / "sheets"
    folder.mkdir()
    (folder / "a.xyz").write_text("1,2", "utf-8")
    with pytest.raises(CorpusProblem, match=r"a\.xyz: unknown format"):
        ingest(folder, index, encoder)


@pytest.mark.usefixtures("six")
def test_an_emptied_corpus_keeps_the_index_unless_removal_is_allowed(
    corpus: Path, index: Path, encoder: ConceptEncoder
) -> None:
    shutil.rmtree(corpus)
    corpus.mkdir()
    with pytest.raises(CorpusProblem, match="the index stays as it was"):
        ingest(corpus, index, encoder)
    engine = Engine(index, encoder_for=lambda _: encoder)
    assert engine.search("pins").hits
    report = ingest(corpus, index, encoder, allow_removal=True)
    assert counts(report) == (0, 0, 6, 0, 0)
    assert engine.search("pins").verdict is Verdict.NOTHING


def test_an_emptied_corpus_can_be_filled_again(
    corpus: Path, index: Path, encoder: ConceptEncoder, six: IngestReport, write: Write
) -> None:
    shutil.rmtree(corpus)
    corpus.mkdir()
    ingest(corpus, index, encoder, allow_removal=True)
    write("taping.md", "# Taping\n\nTape lifts the arch of the needle.\n")
    assert counts(ingest(corpus, index, encoder)) == (1, 0, 0, 0, 1)
    assert len(Engine(index, encoder_for=lambda _: encoder).search("pins").hits) == 1
    assert six.generation not in {path.name for path in index.iterdir()}


# What goes wrong midway


class FailingEncoder(ConceptEncoder):
    """Breaks down when it meets `word`."""

    def __init__(self, word: str) -> None:
        super().__init__()
        self._word = word

    def encode_texts(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        for text in texts:
            if self._word in text:
                raise RuntimeError("out of memory")
        return super().encode_texts(texts, progress)


@pytest.mark.parametrize("word", ["Tape lifts", "› Step two"])
def test_a_model_that_breaks_down_leaves_the_old_generation_answering(
    corpus: Path,
    index: Path,
    encoder: ConceptEncoder,
    six: IngestReport,
    write: Write,
    word: str,
) -> None:
    write("taping.md", "# Taping\n\nTape lifts the arch.\n\n## Step two\n\nAsk a needle.\n")
    with pytest.raises(RuntimeError, match="out of memory"):
        ingest(corpus, index, FailingEncoder(word))
    assert generations.current_name(index) == six.generation
    assert Engine(index, encoder_for=lambda _: encoder).search("pins").generation == six.generation
    assert not publishing.ingest_running(index)
    assert counts(ingest(corpus, index, encoder)) == (1, 0, 0, 6, 2)


# The same again


PRINT_EVERYTHING = """
import json, sqlite3, sys
from pathlib import Path
from tests.concepts import ConceptEncoder
from treatment_search import generations
from treatment_search.engine import Engine
from treatment_search.ingestion import ingest
corpus, index = Path(sys.argv[1]), Path(sys.argv[2])
ingest(corpus, index, ConceptEncoder())
folder = generations.live_generation(index).folder
connection = sqlite3.connect(folder / generations.PASSAGES)
rows = {t: connection.execute(f"SELECT * FROM {t} ORDER BY 1").fetchall()
        for t in ("articles", "contexts", "passages", "help", "synonyms", "vocabulary")}
names = (generations.DENSE, generations.HEADINGS, generations.REFERENCES, generations.SENTENCES)
files = [sorted(path for path in (folder / name).rglob("*.*")) for name in names]
vectors = [[path.name, path.read_bytes().hex()] for some in files for path in some]
manifest = generations.live_generation(index).manifest
vectors.append([manifest.off_topic, manifest.floor, manifest.bands.possible, manifest.bands.strong])
engine = Engine(index, encoder_for=lambda _: ConceptEncoder())
asked = ["needle in the calf", "stretch for heel spur in the morning", "doctor"]
found = [[(h.passage.number, h.score) for h in engine.search(q, 50).hits] for q in asked]
print(json.dumps([rows, vectors, found], default=bytes.hex))
"""


def test_the_same_corpus_gives_the_same_index_under_any_hash_seed(
    corpus: Path, tmp_path: Path, write: Write
) -> None:
    for number in range(12):
        sections = "".join(f"\n## Part {part}\n\nNeedle the calf.\n" for part in range(3))
        write(f"{number % 3}/same{number}.md", f"# Same {number % 4}\n{sections}")
    printed = [
        subprocess.run(
            [sys.executable, "-c", PRINT_EVERYTHING, str(corpus), str(tmp_path / seed)],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert '"needling.md"' in printed[0]
    assert printed[0] == printed[1]


# Which model


def test_without_an_index_the_bundled_model_is_taken(index: Path) -> None:
    assert encoder_for_index(index).identity.name == BUNDLED
    assert not index.exists()


def test_a_model_that_is_loaded_is_not_loaded_again(index: Path) -> None:
    loaded = encoder_for_index(index)
    assert encoder_for_index(index, loaded=loaded) is loaded
    assert encoder_for_index(index, loaded=ConceptEncoder()) is not loaded
    assert encoder_for_index(index, BUNDLED, ConceptEncoder()).identity == loaded.identity
