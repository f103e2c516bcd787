from __future__ import annotations

import stat
import zipfile

import pytest

from tests.reading.making import PAGE, archive, page
from treatment_search.errors import ArticleUnreadable
from treatment_search.reading import parse_archive
from treatment_search.reading.archive import Unpacked


def refused(unpacked: Unpacked) -> dict[str, str]:
    return {note.path: note.reason for note in unpacked.refused}


def ids(unpacked: Unpacked) -> list[str]:
    return [member.article_id for member in unpacked.members]


def test_members_are_articles_below_the_archives_name_in_order():
    unpacked = parse_archive(
        "all.zip", archive([("b.txt", b"Two."), ("in/a.md", b"One."), ("a.PDF", b"%PDF")])
    )
    assert [(member.article_id, member.data) for member in unpacked.members] == [
        ("all.zip/a.PDF", b"%PDF"),
        ("all.zip/b.txt", b"Two."),
        ("all.zip/in/a.md", b"One."),
    ]
    assert unpacked.refused == ()


def test_what_no_reader_takes_is_named():
    unpacked = parse_archive("all.zip", archive([("a.png", b"x"), ("a.md", b"One.")]))
    assert ids(unpacked) == ["all.zip/a.md"]
    assert refused(unpacked)["all.zip/a.png"].startswith("unknown format .png")


def test_hidden_files_and_what_belongs_to_a_saved_page_are_left_out_without_a_word():
    unpacked = parse_archive(
        "all.zip",
        archive(
            [
                ("heel.html", PAGE.encode()),
                ("heel_files/style.css", b"p {}"),
                ("heel_files/frame.html", page("<p>An advertisement.</p>")),
                (".DS_Store", b"x"),
                ("__MACOSX/._heel.html", b"x"),
                (".git/a.md", b"x"),
                ("empty/", b""),
            ]
        ),
    )
    assert ids(unpacked) == ["all.zip/heel.html"]
    assert unpacked.refused == ()


@pytest.mark.parametrize(
    "name",
    ["../a.md", "in/../../a.md", "/etc/a.md", "\\\\server\\a.md", "..\\a.md", "C:\\a.md", "C:a.md"],
)
def test_a_path_that_leaves_the_archive_is_refused_and_named(name):
    unpacked = parse_archive("all.zip", archive([(name, b"Text."), ("good.md", b"Text.")]))
    assert ids(unpacked) == ["all.zip/good.md"]
    shown = "all.zip/" + name.replace("\\", "/")
    assert refused(unpacked) == {shown: "its path leaves the archive; not read"}


@pytest.mark.parametrize("name", ["a\x1b[31m.md", "a\u202egnp.md", "a\n.md", "x" * 600 + ".md"])
def test_a_name_that_would_steer_a_terminal_is_refused_and_shown_without_it(name):
    unpacked = parse_archive("all.zip", archive([(name, b"Text.")]))
    ((shown, reason),) = refused(unpacked).items()
    assert reason == "its name holds characters that cannot be seen, or is too long"
    assert shown.isprintable()


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_or_a_device_is_refused(kind):
    member = zipfile.ZipInfo("a.md")
    member.external_attr = (kind | 0o644) << 16
    unpacked = parse_archive("all.zip", archive([(member, b"/etc/passwd")]))
    assert refused(unpacked) == {"all.zip/a.md": "a link or a device, not a file; not followed"}


def test_two_files_of_one_name_are_not_both_taken():
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = archive([("a.md", b"First."), ("a.md", b"Second.")])
    unpacked = parse_archive("all.zip", data)
    assert [member.data for member in unpacked.members] == [b"First."]
    assert refused(unpacked) == {"all.zip/a.md": "a second file of this name in the archive"}


def test_an_encrypted_member_is_named_and_the_others_are_read():
    data = bytearray(archive([("a.md", b"Secret."), ("b.md", b"Open.")]))
    first_central = data.index(b"PK\x01\x02")
    data[first_central + 8] |= 1  # bit 0 of the flags
    unpacked = parse_archive("all.zip", bytes(data))
    assert ids(unpacked) == ["all.zip/b.md"]
    assert refused(unpacked) == {"all.zip/a.md": "encrypted; pack it without a password"}


def test_a_member_whose_bytes_are_damaged_is_named_and_the_others_are_read():
    data = bytearray(archive([("a.md", b"abc " * 50), ("b.md", b"Whole.")]))
    data[38] ^= 0xFF  # inside the first member's packed bytes
    unpacked = parse_archive("all.zip", bytes(data))
    assert ids(unpacked) == ["all.zip/b.md"]
    assert refused(unpacked)["all.zip/a.md"].startswith("broken")


def test_an_archive_in_an_archive_is_read_and_one_in_that_is_not():
    deepest = archive([("c.md", b"Three.")])
    inner = archive([("b.md", b"Two."), ("deepest.zip", deepest)])
    unpacked = parse_archive("all.zip", archive([("a.md", b"One."), ("inner.zip", inner)]))
    assert ids(unpacked) == ["all.zip/a.md", "all.zip/inner.zip/b.md"]
    assert refused(unpacked) == {
        "all.zip/inner.zip/deepest.zip": "nested too deep: at most 2 zips in one another"
    }


def test_a_member_too_large_is_refused_whatever_it_says_of_its_size():
    data = bytearray(archive([("a.md", bytes(20_000_001))]))
    unpacked = parse_archive("all.zip", bytes(data))
    assert refused(unpacked) == {"all.zip/a.md": "too large: more than 20,000,000 bytes unpacked"}
    central = data.index(b"PK\x01\x02")
    data[central + 24 : central + 28] = (10).to_bytes(4, "little")  # it says: 10 bytes
    (reason,) = refused(parse_archive("all.zip", bytes(data))).values()
    assert reason.startswith("broken")


def test_an_archive_that_unpacks_to_too_much_is_refused_whole():
    data = archive((f"{n}.md", bytes(19_000_000)) for n in range(14))
    with pytest.raises(ArticleUnreadable, match="unpacks to more than 250,000,000 bytes; split it"):
        parse_archive("all.zip", data)


def test_an_archive_of_too_many_files_is_refused_whole():
    data = archive((f"{n}.md", b"x") for n in range(10_001))
    with pytest.raises(ArticleUnreadable, match="too many files: more than 10,000; split it"):
        parse_archive("all.zip", data)


@pytest.mark.parametrize("data", [b"x", b"PK\x05\x06", archive([("a.md", b"Text.")])[:-10]])
def test_what_is_no_archive_is_refused(data):
    with pytest.raises(ArticleUnreadable, match="broken: not a zip archive, or cut off"):
        parse_archive("all.zip", data)
