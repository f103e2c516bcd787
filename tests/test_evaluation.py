from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from math import log2
from pathlib import Path

import pytest

from tests.concepts import ConceptEncoder
from treatment_search.errors import JudgementsUnreadable
from treatment_search.evaluation import default_cache, evaluate
from treatment_search.models import ModelIdentity
from treatment_search.records import Mode
from treatment_search.references import role_prototypes

# No document shares a word with a question, so that only the cosines of the texts rank:
# the headings are the documents' ids and stand on the axis of texts without a concept.
DOCUMENTS = [
    {"_id": "a", "title": "", "text": "The needle in the morning."},
    {"_id": "b", "title": "", "text": "A needle goes in."},
    {"_id": "c", "title": "", "text": "The price of it."},
]
# pins: b has cosine 1, a has 1/√2, c has 0. costs: c has 1, and a and b follow with 0.
QUESTIONS = [{"_id": "q1", "text": "pins"}, {"_id": "q2", "text": "costs"}]
JUDGEMENTS = "query-id\tcorpus-id\tscore\nq1\ta\t2\nq1\tb\t1\nq2\ta\t1\nq2\tnot-there\t1\n"

PROTOTYPES = [text for _, text in role_prototypes()]

Judged = Callable[..., Path]


def lines(records: list[dict[str, str]]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    """Write a folder of judged questions; any part can be given as its text, or left out as None.

    Returns the folder.
    """

    def write_folder(
        name: str = "judged",
        corpus: str | None = lines(DOCUMENTS),
        queries: str | None = lines(QUESTIONS),
        judgements: str | None = JUDGEMENTS,
    ) -> Path:
        folder = tmp_path / name
        (folder / "qrels").mkdir(parents=True)
        for file, text in (
            ("corpus.jsonl", corpus),
            ("queries.jsonl", queries),
            ("qrels/test.tsv", judgements),
        ):
            if text is not None:
                (folder / file).write_text(text, "utf-8")
        return folder

    return write_folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_the_measures_are_worked_out_by_hand(
    judged: Judged, cache: Path, encoder: ConceptEncoder
) -> None:
    evaluation = evaluate(judged(), encoder, cache=cache)
    # q1 ranks b (grade 1), a (grade 2): a gain of the grade over log2(rank + 1).
    first = (1 / log2(2) + 2 / log2(3)) / (2 / log2(2) + 1 / log2(3))
    # q2 ranks c (0), a (1); best would be two documents of grade 1, one of which does not exist.
    second = (1 / log2(3)) / (1 / log2(2) + 1 / log2(3))
    assert evaluation.ndcg_at_10 == pytest.approx((first + second) / 2, abs=5e-5)
    assert evaluation.recall_at_100 == (2 / 2 + 1 / 2) / 2
    assert evaluation.success_at_1 == (1 + 0) / 2
    assert (evaluation.questions, evaluation.passages) == (2, 3)
    # No word is shared, so words alone find nothing and meaning alone finds the same.
    assert evaluation.by_mode == {
        Mode.HYBRID: evaluation.ndcg_at_10,
        Mode.DENSE: evaluation.ndcg_at_10,
        Mode.KEYWORD: 0.0,
    }
    assert 0 < evaluation.milliseconds_p50 <= evaluation.milliseconds_p95


def test_keyword_mode_ranks_by_words_alone(
    judged: Judged, cache: Path, encoder: ConceptEncoder
) -> None:
    folder = judged(
        queries=lines([{"_id": "q1", "text": "how does it go in"}]), judgements="q1\tb\t1\n"
    )
    evaluation = evaluate(folder, encoder, cache=cache)
    # "go" and "goes" are function words: nothing is left to search by words.
    assert evaluation.by_mode[Mode.KEYWORD] == 0.0
    folder = judged(
        "more", queries=lines([{"_id": "q1", "text": "in the mornings"}]), judgements="q1\ta\t1\n"
    )
    assert evaluate(folder, encoder, cache=cache).by_mode[Mode.KEYWORD] == 1.0


def test_only_judged_questions_are_asked(
    judged: Judged, cache: Path, encoder: ConceptEncoder
) -> None:
    evaluation = evaluate(judged(judgements="q1\tb\t1\n"), encoder, cache=cache)
    assert evaluation.questions == 1
    assert evaluation.ndcg_at_10 == 1.0


def test_a_question_without_a_word_is_answered_by_nothing(
    judged: Judged, cache: Path, encoder: ConceptEncoder
) -> None:
    queries = lines([{"_id": "q1", "text": "pins"}, {"_id": "q2", "text": "?!"}])
    evaluation = evaluate(
        judged(queries=queries, judgements="q1\tb\t1\nq2\tb\t1\n"), encoder, cache=cache
    )
    assert evaluation.questions == 2
    assert evaluation.success_at_1 == (1 + 0) / 2


def test_a_document_of_several_passages_counts_once(
    judged: Judged, cache: Path, encoder: ConceptEncoder
) -> None:
    long = "The needle goes in. " * 100  # 400 words: at least three passages of at most 180
    documents = [{"_id": "long", "text": long}, *DOCUMENTS]
    evaluation = evaluate(
        judged(corpus=lines(documents), judgements="q1\ta\t1\n"), encoder, cache=cache
    )
    assert evaluation.passages >= 3 + 3
    # Ranked are long, b, a: the passages of one document take one place.
    assert evaluation.ndcg_at_10 == pytest.approx(1 / log2(3 + 1))


def test_a_packed_corpus_is_read(judged: Judged, cache: Path, encoder: ConceptEncoder) -> None:
    plain = evaluate(judged("plain"), encoder, cache=cache / "one")
    folder = judged("packed", corpus=None)
    (folder / "corpus.jsonl.gz").write_bytes(gzip.compress(lines(DOCUMENTS).encode()))
    packed = evaluate(folder, encoder, cache=cache / "two")
    assert (packed.ndcg_at_10, packed.passages) == (plain.ndcg_at_10, 3)


def test_the_documents_may_lie_in_another_folder(
    judged: Judged, cache: Path, encoder: ConceptEncoder
) -> None:
    whole = evaluate(judged("whole"), encoder, cache=cache)
    questions = judged("questions", corpus=None)
    assert evaluate(
        questions, encoder, corpus_from=judged("documents"), cache=cache
    ).ndcg_at_10 == (whole.ndcg_at_10)


def test_without_documents_the_option_is_named(
    judged: Judged, cache: Path, encoder: ConceptEncoder
) -> None:
    with pytest.raises(JudgementsUnreadable, match=r"no corpus\.jsonl.*--corpus-from"):
        evaluate(judged(corpus=None), encoder, cache=cache)


# The cache


def test_the_documents_are_embedded_once(
    judged: Judged, cache: Path, encoder: ConceptEncoder
) -> None:
    folder = judged()
    first = evaluate(folder, encoder, cache=cache)
    embedded = list(encoder.encoded)
    assert embedded[:6] == [f"{d['_id']}: {d['text']}" for d in DOCUMENTS] + ["a", "b", "c"]
    assert embedded[6:] == PROTOTYPES
    second = evaluate(folder, encoder, cache=cache)
    assert encoder.encoded == embedded
    assert second.ndcg_at_10 == first.ndcg_at_10


def test_other_documents_get_an_index_of_their_own(
    judged: Judged, cache: Path, encoder: ConceptEncoder
) -> None:
    evaluate(judged("one"), encoder, cache=cache)
    encoder.encoded.clear()
    assert evaluate(judged("two", corpus=lines(DOCUMENTS[:2])), encoder, cache=cache).passages == 2
    assert len(encoder.encoded) == 2 + 2 + len(PROTOTYPES)


@pytest.mark.parametrize(
    "identity", [ModelIdentity("concepts", "2", "", ""), ModelIdentity("other name", "1", "", "")]
)
def test_another_model_gets_an_index_of_its_own(
    judged: Judged, cache: Path, encoder: ConceptEncoder, identity: ModelIdentity
) -> None:
    folder = judged()
    first = evaluate(folder, encoder, cache=cache)
    other = ConceptEncoder()
    other.identity = identity
    assert evaluate(folder, other, cache=cache).ndcg_at_10 == first.ndcg_at_10
    assert len(other.encoded) == 3 + 3 + len(PROTOTYPES)


def test_the_cache_lies_where_the_system_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache() == tmp_path / "treatment-search" / "evaluate"


# What cannot be read


@pytest.mark.parametrize(
    ("part", "text", "place"),
    [
        ("corpus", lines(DOCUMENTS) + "{broken\n", r"corpus\.jsonl' line 4"),
        ("corpus", '{"_id": "a"}\n', r"corpus\.jsonl' line 1.*text"),
        ("corpus", '\n{"_id": "a", "text": 5}\n', r"corpus\.jsonl' line 2.*must be text"),
        ("corpus", '{"_id": "a", "text": "x", "title": 5}\n', r"corpus\.jsonl' line 1.*title"),
        ("corpus", "[1]\n", r"corpus\.jsonl' line 1"),
        ("corpus", lines(DOCUMENTS + DOCUMENTS[1:2]), r"corpus\.jsonl' line 4.*'b'.*line 2"),
        ("corpus", "\n\n", r"corpus\.jsonl' holds no document"),
        ("queries", lines(QUESTIONS) + '{"_id": "q3"}\n', r"queries\.jsonl' line 3"),
        ("queries", "pins\n", r"queries\.jsonl' line 1"),
        ("judgements", JUDGEMENTS + "q1\ta\n", r"test\.tsv' line 6.*between tabs"),
        ("judgements", "q1\ta\thigh\n", r"test\.tsv' line 1.*whole number"),
        ("judgements", "q1\ta\t1\nq9\ta\t1\n", r"test\.tsv' line 2: no question 'q9'"),
        ("judgements", "query-id\tcorpus-id\tscore\n", r"test\.tsv' holds no judgement"),
    ],
)
def test_a_broken_line_is_named_with_its_file(
    judged: Judged, cache: Path, encoder: ConceptEncoder, part: str, text: str, place: str
) -> None:
    with pytest.raises(JudgementsUnreadable, match=place):
        evaluate(judged(**{part: text}), encoder, cache=cache)


@pytest.mark.parametrize("part", ["queries", "judgements"])
def test_a_missing_file_is_named_with_what_the_folder_needs(
    judged: Judged, cache: Path, encoder: ConceptEncoder, part: str
) -> None:
    with pytest.raises(JudgementsUnreadable, match=r"needs queries\.jsonl and qrels/test\.tsv"):
        evaluate(judged(**{part: None}), encoder, cache=cache)


CUT_SHORT = gzip.compress(b"x" * 500)[:-9]


@pytest.mark.parametrize("data", [b"not packed", CUT_SHORT], ids=["text", "cut short"])
def test_a_packed_corpus_that_is_damaged_is_named(
    judged: Judged, cache: Path, encoder: ConceptEncoder, data: bytes
) -> None:
    folder = judged(corpus=None)
    (folder / "corpus.jsonl.gz").write_bytes(data)
    with pytest.raises(JudgementsUnreadable, match=r"corpus\.jsonl\.gz' cannot be read"):
        evaluate(folder, encoder, cache=cache)


def test_a_corpus_that_is_not_utf8_is_named(
    judged: Judged, cache: Path, encoder: ConceptEncoder
) -> None:
    folder = judged(corpus=None)
    (folder / "corpus.jsonl").write_bytes(b'{"_id": "a", "text": "F\xfc\xdfe"}\n')
    with pytest.raises(JudgementsUnreadable, match=r"corpus\.jsonl' cannot be read"):
        evaluate(folder, encoder, cache=cache)


def test_what_sqlite_cannot_keep_is_left_out(
    judged: Judged, cache: Path, encoder: ConceptEncoder
) -> None:
    corpus = '{"_id": "a", "text": "The \\u0000needle \\ud83e goes in."}\n'  # half an emoji
    folder = judged(corpus=corpus, judgements="q1\ta\t1\n")
    assert evaluate(folder, encoder, cache=cache).success_at_1 == 1.0
    assert encoder.encoded[0] == "a: The needle  goes in."


def test_a_document_with_a_broken_line_after_it_is_not_kept_half(
    judged: Judged, cache: Path, encoder: ConceptEncoder
) -> None:
    folder = judged(corpus=lines(DOCUMENTS) + "{broken\n")
    for _ in range(2):  # the second time must not find half an index in the cache
        with pytest.raises(JudgementsUnreadable, match="line 4"):
            evaluate(folder, encoder, cache=cache)
    assert encoder.encoded == []
