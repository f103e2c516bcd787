from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT
from tests.reading.making import PAGE, archive, page, pdf, word, words
from treatment_search.errors import ArticleUnreadable
from treatment_search.reading import parse_archive, parse_article
from treatment_search.reading.isolation import ReadingProcess

SMALL = page("<h1>Ice</h1><p>Cold eases the pain of a sore heel for some hours.</p>")
# Some seconds of work for a parser, from a file that is allowed.
LONG = page("<p>Cold eases the pain of a sore <b>heel</b> for some hours.</p>" * 60_000)


@pytest.fixture
def process() -> Iterator[ReadingProcess]:
    with ReadingProcess() as process:
        yield process


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("heel.html", PAGE.encode()),
        ("heel.pdf", pdf([words("On one.")], [words("On two.")], title="Ice")),
        ("heel.docx", word([("Heading 1", "Ice"), ("Normal", "Cold.")])),
        ("heel.md", b"---\ntitle: Ice\nconditions: [A, B]\ncolour: red\n---\n## How\n\nSlowly.\n"),
    ],
)
def test_an_article_comes_back_as_it_would_be_made_here(process, name, data):
    assert process.read(name, data) == parse_article(name, data)


def test_an_archive_comes_back_as_it_would_be_unpacked_here(process):
    data = archive([("a.md", b"One."), ("b.png", b""), ("c.html", SMALL)])
    assert process.unpack("all.zip", data) == parse_archive("all.zip", data)


def test_a_refusal_comes_back_as_its_reason_and_the_process_goes_on(process):
    process.read("a.html", SMALL)
    number = process.number
    with pytest.raises(ArticleUnreadable, match="broken: not a PDF"):
        process.read("a.pdf", b"not a PDF")
    assert process.read("a.html", SMALL).title == "Ice"
    assert process.number == number


def test_a_file_that_takes_too_long_is_stopped_and_the_next_one_is_read():
    with ReadingProcess(seconds=0.5) as process:
        began = time.monotonic()
        with pytest.raises(ArticleUnreadable, match=r"not read within 0\.5 seconds"):
            process.read("a.html", LONG)
        assert time.monotonic() - began < 30
        assert process.number is None
        with ReadingProcess() as patient:
            assert patient.read("a.html", SMALL).title == "Ice"


def test_a_file_that_takes_too_much_memory_is_stopped_and_the_next_one_is_read():
    with ReadingProcess(memory=200 << 20) as process:
        process.read("a.html", SMALL)
        with pytest.raises(ArticleUnreadable, match="takes more memory than one file may"):
            process.read("a.html", page("<p>" + "<b>x</b>" * 1_500_000 + "</p>"))
        assert process.read("a.html", SMALL).title == "Ice"


@pytest.mark.skipif(sys.platform == "win32", reason="signals end a process there in another way")
def test_a_file_that_crashes_its_parser_is_named_and_the_next_one_is_read(process):
    process.read("a.html", SMALL)
    number = process.number
    assert number is not None
    crash = threading.Timer(0.3, os.kill, (number, signal.SIGSEGV))
    crash.start()
    with pytest.raises(ArticleUnreadable, match=r"it makes its parser crash \(SIGSEGV\)"):
        process.read("a.html", LONG)
    crash.join()
    assert process.read("a.html", SMALL).title == "Ice"
    assert process.number != number


def test_a_process_that_died_between_two_files_is_started_again(process):
    process.read("a.html", SMALL)
    number = process.number
    assert number is not None
    os.kill(number, signal.SIGTERM)
    time.sleep(0.2)
    assert process.read("a.html", SMALL).title == "Ice"


def test_elements_nested_without_end_cost_that_file_alone(process):
    for depth in (3_000, 200_000):
        deep = page("<div>" * depth + "<p>Cold eases pain.</p>" + "</div>" * depth)
        try:
            assert "Cold eases pain." in process.read("a.html", deep).text
        except ArticleUnreadable as error:
            assert "nested" in str(error) or "broken" in str(error) or "no text" in str(error)
        assert process.read("a.html", SMALL).title == "Ice"


def test_threads_take_turns(process):
    titles: list[str] = []

    def read(number: int) -> None:
        source = SMALL.replace(b"Ice", b"Ice %d" % number)
        titles.append(process.read("a.html", source).title)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(titles) == [f"Ice {number}" for number in range(8)]


def test_one_process_serves_many_files_and_ends_when_closed():
    process = ReadingProcess()
    assert process.number is None
    process.read("a.html", SMALL)
    number = process.number
    assert number is not None
    for _ in range(5):
        process.read("a.html", SMALL)
    assert process.number == number
    process.close()
    assert process.number is None
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


PROGRAM = """
import sys
from treatment_search.reading import read_article
print(read_article("a.html", sys.stdin.buffer.read()).title)
print([name for name in ("trafilatura", "lxml", "pypdf", "mammoth") if name in sys.modules])
"""


def test_the_one_who_asks_never_loads_a_parser_and_leaves_no_process_behind():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        cwd=ROOT,
        input=SMALL,
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.decode().split("\n") == ["Ice", "[]", ""]
    assert done.stderr == b""


def test_nothing_reaches_the_network_from_there():
    program = (
        "import sys, socket; from treatment_search.reading.worker import _refuse_network\n"
        "sys.addaudithook(_refuse_network)\n"
        "try: socket.create_connection(('127.0.0.1', 9))\n"
        "except PermissionError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("not while reading a file: socket.")
