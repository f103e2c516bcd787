"""Bytes -> text: byte order marks, UTF-8, what the file declares, Windows-1252, detection."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from dataclasses import dataclass, replace

from charset_normalizer import from_bytes

from treatment_search.errors import ArticleUnreadable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Everything of Unicode's category Cc but tab and line feed; none of it can be seen.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_HALF = re.compile(r"[\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_MOST_CONTROL = 0.02
# English is nearly all ASCII, and what of it is not UTF-8 is Windows-1252, the web's own default
# (https://html.spec.whatwg.org/#determining-the-character-encoding). Detection needs more than
# a few accents: it takes `It’s` for Chinese.
_MOST_ACCENTS = 0.06
_FEW_ACCENTS = 3
_UTF_8_LETTER = re.compile(rb"[\xc2\xc3][\x80-\xbf]|\xe2\x80[\x80-\xbf]")
_FEW_BROKEN = 20
_MOST_BROKEN = 0.01
_CALLED_UTF_8 = re.compile(r"utf-?8", re.IGNORECASE)
# What a web page may call itself; the browsers read the first three as Windows-1252
# (https://encoding.spec.whatwg.org/#names-and-labels).
_CALLED_WESTERN = re.compile(r"iso[-_]?8859[-_]?1|latin-?1|(?:us-)?ascii", re.IGNORECASE)
_DECLARABLE = re.compile(
    r"(?:windows|cp|iso|us-ascii|ascii|latin|koi8|mac|big5|gb|euc|shift|sjis|ks_c)[\w.:-]*",
    re.IGNORECASE,
)
_SIGN_IN_WORD = re.compile(rb"[A-Za-z\xc0-\xff][\xa1-\xac\xae-\xbf][A-Za-z\xc0-\xff]")


@dataclass(frozen=True, slots=True)
class DecodedText:
    """The text of a file with plain line ends and no control characters, and how it was read."""

    text: str
    encoding: str
    guessed: bool
    broken_at: int | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what to tell about the encoding: something only when it was guessed or broken."""
        if self.broken_at is not None:
            return (f"broken {self.encoding}, first at byte {self.broken_at:,}: look for \ufffd",)
        if not self.guessed:
            return ()
        return (f"not UTF-8; read as {self.encoding}: look whether its accents are right",)


def decode(data: bytes, declared: str | None = None) -> DecodedText:
    """Return the text in `data`, or raise ArticleUnreadable when it does not look like text.

    `declared` is the encoding that the file itself names. What is valid UTF-8 is UTF-8 all the
    same: text in another encoding never is by accident. What says that it is UTF-8 and has a few
    broken characters is read as browsers do, with \ufffd for them: it is not its keeper's to mend.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _checked(_strictly(data, encoding), encoding, guessed=False)
    wide = _without_mark(data)
    if wide:
        return _checked(_strictly(data, wide), wide, guessed=True)
    try:
        return _checked(data.decode("utf-8"), "utf-8", guessed=False)
    except UnicodeDecodeError as error:
        broken_at = error.start
    as_declared = _as_declared(data, declared or "", broken_at)
    if as_declared:
        return as_declared
    if _UTF_8_LETTER.search(data) and _bytes_from(0x80, data) < len(data) / 3:
        raise ArticleUnreadable(f"UTF-8 but broken at byte {broken_at:,}; save it as UTF-8")
    if _is_western(data):
        with suppress(UnicodeDecodeError):  # five bytes mean nothing in Windows-1252
            return _checked(data.decode("cp1252"), "cp1252", guessed=True)
    best = from_bytes(data).best()
    if best is None:
        raise ArticleUnreadable("its character encoding is not known; save it as UTF-8")
    return _checked(str(best), best.encoding, guessed=True)


def _as_declared(data: bytes, declared: str, broken_at: int) -> DecodedText | None:
    """Return what is not valid UTF-8 in the encoding that the file names, or None."""
    if _DECLARABLE.fullmatch(declared):
        encoding = "cp1252" if _CALLED_WESTERN.fullmatch(declared) else declared.lower()
        with suppress(UnicodeDecodeError, LookupError):
            return _checked(data.decode(encoding), encoding, guessed=False)
    if _CALLED_UTF_8.fullmatch(declared):
        text = data.decode("utf-8", "replace")
        if text.count("\ufffd") <= max(_FEW_BROKEN, _MOST_BROKEN * len(text)):
            return replace(_checked(text, "utf-8", guessed=False), broken_at=broken_at)
    return None


def plain(text: str) -> str:
    """Return text with plain line ends, without control characters and halves of characters."""
    return _CONTROL.sub("", _LINE_END.sub("\n", _HALF.sub("\ufffd", text)))


def _without_mark(data: bytes) -> str | None:
    """Return the UTF-16 flavour of text without a mark: every other byte of it is mostly zero."""
    sample = data[:4096]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if len(data) % 2 or len(sample) < 4:
        return None
    if odd > len(sample) * 0.35 and even < len(sample) * 0.05:
        return "utf-16-le"
    if even > len(sample) * 0.35 and odd < len(sample) * 0.05:
        return "utf-16-be"
    return None


def _is_western(data: bytes) -> bool:
    """Return whether bytes are ASCII with some accents, which stand where accents do."""
    most = max(_FEW_ACCENTS, _MOST_ACCENTS * len(data))
    return _bytes_from(0xC0, data) <= most and not _SIGN_IN_WORD.search(data)


def _bytes_from(lowest: int, data: bytes) -> int:
    return len(data.translate(None, bytes(range(lowest))))


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ArticleUnreadable(
            f"marked as {encoding} but broken at byte {error.start:,}; save it as UTF-8"
        ) from error


def _checked(text: str, encoding: str, *, guessed: bool) -> DecodedText:
    plain = _LINE_END.sub("\n", text)
    clean, found = _CONTROL.subn("", plain)
    if found > _MOST_CONTROL * len(plain) and found > 8:
        raise ArticleUnreadable("does not look like text (it is full of control characters)")
    return DecodedText(clean.removeprefix("\ufeff"), encoding, guessed)
