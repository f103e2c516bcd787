"""What the two ends of a reading process say to each other: JSON and bytes, each with its length.

Never pickle: whoever takes over a parser must not get further than the process it runs in.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, BinaryIO

from treatment_search.reading.archive import Member, Unpacked
from treatment_search.records import Article, FileNote, Metadata, Section

_LENGTH_BYTES = 8


def write_frame(stream: BinaryIO, data: bytes) -> None:
    """Write bytes so that the other end knows where they end."""
    stream.write(len(data).to_bytes(_LENGTH_BYTES, "big"))
    stream.write(data)


def read_frame(stream: BinaryIO) -> bytes:
    """Return the bytes of the next frame; raises EOFError when the other end is gone."""
    length = int.from_bytes(_exactly(stream, _LENGTH_BYTES), "big")
    return _exactly(stream, length)


def write_message(stream: BinaryIO, message: dict[str, Any]) -> None:
    """Write a JSON object as one frame."""
    write_frame(stream, json.dumps(message).encode("ascii"))


def read_message(stream: BinaryIO) -> dict[str, Any]:
    """Return the JSON object in the next frame."""
    message = json.loads(read_frame(stream))
    if not isinstance(message, dict):
        raise ValueError("not a JSON object")
    return message


def write_article(stream: BinaryIO, article: Article) -> None:
    """Write an article as one frame."""
    write_message(stream, {"article": asdict(article)})


def article_from(fields: dict[str, Any]) -> Article:
    """Return the article that was written with these fields."""
    metadata = fields["metadata"]
    return Article(
        article_id=fields["article_id"],
        title=fields["title"],
        text=fields["text"],
        sections=tuple(
            Section(tuple(s["headings"]), s["start"], s["end"]) for s in fields["sections"]
        ),
        metadata=Metadata(**{**metadata, "conditions": tuple(metadata["conditions"])}),
        notes=tuple(fields["notes"]),
        pages=tuple(fields["pages"]),
    )


def write_unpacked(stream: BinaryIO, unpacked: Unpacked) -> None:
    """Write an archive's names as one frame, then the bytes of each member as one more."""
    write_message(
        stream,
        {
            "members": [member.article_id for member in unpacked.members],
            "refused": [[note.path, note.reason] for note in unpacked.refused],
        },
    )
    for member in unpacked.members:
        write_frame(stream, member.data)


def unpacked_from(stream: BinaryIO, fields: dict[str, Any]) -> Unpacked:
    """Return the archive whose names are in `fields` and whose members follow in the stream."""
    return Unpacked(
        tuple(Member(str(name), read_frame(stream)) for name in fields["members"]),
        tuple(FileNote(str(path), str(reason)) for path, reason in fields["refused"]),
    )


def _exactly(stream: BinaryIO, length: int) -> bytes:
    data = stream.read(length)
    if data is None or len(data) < length:
        raise EOFError
    return data
