from __future__ import annotations

import random
import zlib

import pytest

from treatment_search.errors import ArticleUnreadable
from treatment_search.reading.decoding import decode

PROSE = "The café’s therapist said “hold it” – naïvely – at 40°C for thirty seconds."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_utf_8_and_whatever_has_a_mark_is_read_without_a_guess(encoding):
    decoded = decode(PROSE.encode(encoding))
    assert (decoded.text, decoded.encoding) == (PROSE, encoding)
    assert decoded.notes == ()


@pytest.mark.parametrize(
    ("mark", "encoding"), [(b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")]
)
def test_utf_16_is_read_in_either_order(mark, encoding):
    decoded = decode(mark + PROSE.encode(encoding))
    assert (decoded.text, decoded.guessed) == (PROSE, False)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_told_from_its_zeros(encoding):
    decoded = decode(PROSE.encode(encoding))
    assert decoded.text == PROSE
    assert decoded.notes == (f"not UTF-8; read as {encoding}: look whether its accents are right",)


@pytest.mark.parametrize(
    "text",
    [
        PROSE,
        "It’s the heel.",
        "Café stretch",
        "Heat to 40°C for £20 or €25.",
        "Take 5µg… or ½ of it — “daily”.",
        "Le traitement à l’aiguille sèche est souvent efficace, dit le médecin de garde.",
        "Die Übung für die Ferse: drei Mal täglich dehnen, sagt Frau Müller.",
        "An English page about the heel. " * 2_000 + "It ends in a café.",
    ],
)
def test_windows_1252_is_read_and_noted_as_a_guess(text):
    decoded = decode(text.encode("cp1252"))
    assert decoded.text == text
    assert decoded.notes == ("not UTF-8; read as cp1252: look whether its accents are right",)


@pytest.mark.parametrize("encoding", ["koi8-r", "cp1251"])
def test_other_alphabets_are_left_to_detection(encoding):
    text = "Пяточная шпора лечится упражнениями и отдыхом, говорит врач."
    assert decode(text.encode(encoding)).text == text


@pytest.mark.parametrize(
    "text",
    [
        "Ostroga piętowa jest częstą przyczyną bólu stopy. Pacjent powinien codziennie "
        "rozciągać łydkę i unikać długiego stania, a także nosić wygodne buty.",
        "Patní ostruha je častou příčinou bolesti chodidla. Pacient má každý den protahovat "
        "lýtko a nosit vhodnou obuv, při otoku přikládat led.",
    ],
    ids=["Polish", "Czech"],
)
def test_text_with_more_accents_than_english_has_is_left_to_detection(text):
    assert decode(text.encode("cp1250")).text == text


@pytest.mark.parametrize("sentence", ["The café is near. ", "It’s near – go. ", "Cool to 4 °C. "])
def test_utf_8_with_one_broken_byte_is_never_read_as_garbled_accents(sentence):
    data = sentence.encode() * 40
    place = f"{len(data):,}"
    with pytest.raises(ArticleUnreadable, match=f"UTF-8 but broken at byte {place}; save it as"):
        decode(data + b"\xe9 " + data)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"heel\x00 spur", "heel spur"),
        (b"\x07he\x1bel\x08 \x7fspur", "heel spur"),
        ("heel\u0080 \u009fspur".encode(), "heel spur"),
        ("\ufeff\ufeffheel".encode(), "heel"),
        (b"tab\tstays", "tab\tstays"),
    ],
)
def test_nul_bytes_and_control_characters_are_removed(data, text):
    assert decode(data).text == text


@pytest.mark.parametrize(
    "data",
    [b"a\r\nb", b"a\rb", b"a\x0bb", b"a\x0cb", "a\u0085b".encode(), "a\u2028b\u2029c".encode()],
)
def test_all_line_ends_become_plain(data):
    text = decode(data).text
    assert text.split("\n") in (["a", "b"], ["a", "b", "c"])


def test_a_blank_line_between_windows_line_ends_stays_one():
    assert decode(b"a\r\n\r\nb\r\rc").text == "a\n\nb\n\nc"


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("start", [b"", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b"%PDF-1.7\n"])
def test_binary_rubbish_is_refused(seed, start):
    with pytest.raises(ArticleUnreadable):
        decode(start + random.Random(seed).randbytes(3_000))  # noqa: S311  the same each time


def test_compressed_text_is_refused():
    with pytest.raises(ArticleUnreadable):
        decode(zlib.compress(PROSE.encode() * 50))


def test_a_few_control_characters_in_a_long_text_are_removed():
    assert decode(b"heel\x00" * 10 + b"heel" * 1_000).text == "heel" * 1_010


def test_text_full_of_control_characters_is_refused():
    with pytest.raises(ArticleUnreadable, match="full of control characters"):
        decode(b"heel\x01" * 100)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (PROSE.encode("utf-16")[:-1], "byte [0-9]"),
        (b"\xff\xfe" + b"a\x00\x00\xd8b\x00", "byte 4"),
        (b"\xef\xbb\xbfheel \xff spur", "byte "),
    ],
)
def test_what_breaks_its_own_mark_is_refused(data, place):
    with pytest.raises(ArticleUnreadable, match=f"broken at {place}.*save it as UTF-8"):
        decode(data)
