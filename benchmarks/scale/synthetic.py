"""Collections of any size out of the starter articles, and vectors for them without the model.

An article is a starter article with each sentence replaced by one of the same kind of section of
any starter article, and a made-up name in its title and its first section, so that no two
articles are the same and the words grow with the collection. What is made depends on the seed and
the article's number alone.

The model pools its token vectors by their mean, so the vector of a passage of known sentences is,
nearly, the mean of the vectors that the model gave these sentences and the heading path. That
makes the vectors of the largest collections; `fidelity` says how near they are to the model's.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np

from treatment_search import Article, Encoder
from treatment_search.encoder import Progress
from treatment_search.models import ModelIdentity
from treatment_search.records import Span
from treatment_search.sentences import sentence_spans
from treatment_search.vectors import SmallVectors, Vectors, unit

# Passages in one article, as in the starter collection (418 in 38).
PASSAGES_AN_ARTICLE = 11
FOLDERS = 100
TOLD_BY = ", as told by "
# Of the length of a passage's vector; two passages of the same sentences still differ.
_JITTER = 0.05
# Sentences that the model reads; the others, a third of all at a million passages, are made.
LEARNED = 5_000
_SYLLABLES = [
    "bal",
    "cor",
    "den",
    "fer",
    "gal",
    "hol",
    "jun",
    "kel",
    "lin",
    "mar",
    "nor",
    "per",
    "quin",
    "ros",
    "sel",
    "tor",
    "ul",
    "ven",
    "wil",
    "zan",
]
_TOLD = re.compile(re.escape(TOLD_BY) + r"\w+")


@dataclass(frozen=True, slots=True)
class Material:
    """What collections are made of: the starter articles, and sentences by kind of section."""

    articles: tuple[Article, ...]
    sentences: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, articles: Iterable[Article]) -> Material:
        """Take apart some articles."""
        ordered = tuple(sorted(articles, key=lambda one: one.article_id))
        sentences: dict[str, list[str]] = defaultdict(list)
        for article in ordered:
            for section in article.sections:
                text = article.text[section.start : section.end]
                sentences[_kind(section.headings)] += _sentences(text)
        return cls(ordered, {kind: tuple(some) for kind, some in sentences.items()})

    def markdown(self, number: int, seed: int = 0) -> str:
        """Return the made article with this number as a file has it."""
        chance = random.Random(f"{seed} {number}")  # noqa: S311  nothing secret
        skeleton = self.articles[number % len(self.articles)]
        name = _name(chance)
        lines = ["---", f"title: {_quoted(f'{skeleton.title}{TOLD_BY}{name}')}", "---", ""]
        for section in skeleton.sections:
            own = _sentences(skeleton.text[section.start : section.end])
            pool = self.sentences[_kind(section.headings)]
            lines += [f"## {section.headings[-1]}", ""] if section.headings else []
            # A paragraph keeps sentences of about the number and kind that it had.
            chosen = [chance.choice(pool) if chance.random() < 0.7 else one for one in own]
            lines += [" ".join(chosen), ""]
        return "\n".join(lines)


def write_collection(material: Material, folder: Path, passages: int, seed: int = 0) -> int:
    """Write articles for about so many passages below `folder`; return how many articles."""
    count = max(1, round(passages / PASSAGES_AN_ARTICLE))
    for number in range(count):
        path = folder / f"{number % FOLDERS:02}" / f"article-{number:06}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(material.markdown(number, seed), "utf-8")
    return count


class ComposedEncoder:
    """The real model for questions; for passages and heading paths, vectors made from real ones."""

    def __init__(self, model: Encoder, material: Material) -> None:
        self._model = model
        self._sentences: dict[str, Vectors] = {}
        known = sorted({one for some in material.sentences.values() for one in some})
        if known:
            rows = model.encode_texts(known)
            self._sentences = dict(zip(known, rows, strict=True))
        self._real: list[Vectors] = []
        self._contexts: dict[str, Vectors] = {}

    @property
    def identity(self) -> ModelIdentity:
        """Return the real model's, so that the product's own commands open the index."""
        return self._model.identity

    @property
    def max_tokens(self) -> int:
        """Tokens of a passage the model reads."""
        return self._model.max_tokens

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages the model reads."""
        return self._model.languages

    @property
    def runtime(self) -> str:
        """What runs the model, and what makes the other vectors."""
        return f"composed from {self._model.runtime}"

    def prepare(self, index: Path) -> None:
        """Let the real model be compiled into the index folder."""
        self._model.prepare(index)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text, by the model's own tokenizer."""
        return self._model.count_tokens(texts)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Return the real model's vectors."""
        return self._model.encode_questions(texts)

    def encode_texts(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return made vectors for made heading paths, real ones for every other text."""
        rows = [self._context(text) for text in texts]
        if progress:
            progress(len(texts))
        width = len(rows[0]) if rows else self._model.encode_texts([]).shape[1]
        return np.stack(rows) if rows else np.empty((0, width), np.float32)

    def encode_passages(
        self,
        texts: Sequence[str],
        sentences: Sequence[Sequence[Span]],
        progress: Progress | None = None,
    ) -> tuple[Vectors, list[SmallVectors]]:
        """Return made vectors of passages, and those of their sentences."""
        self._learn(texts, sentences)
        rows, of_sentences = [], []
        for text, spans in zip(texts, sentences, strict=True):
            parts = [self._sentences[text[start:end].strip()] for start, end in spans]
            lengths = np.array([end - start for start, end in spans], np.float32)
            context = text[: spans[0][0]].rstrip(": ") if spans else text
            whole = self._context(context) * len(context)
            if parts:
                stacked = np.stack(parts)
                whole = whole + lengths @ stacked
                largest = np.abs(stacked).max(axis=1, keepdims=True)
                of_sentences.append(np.rint(stacked * (127 / largest)).astype(np.int8))
            else:
                of_sentences.append(np.empty((0, len(whole)), np.int8))
            rows.append(_jittered(unit(whole[None, :])[0], text))
        if progress:
            progress(len(texts))
        return np.stack(rows), of_sentences

    def _learn(self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]) -> None:
        """Let the model read sentences that are cut in another place than the pool's."""
        cut = (
            text[a:b].strip()
            for text, spans in zip(texts, sentences, strict=True)
            for a, b in spans
        )
        new = [text for text in dict.fromkeys(cut) if text not in self._sentences]
        left = max(0, LEARNED - len(self._sentences))
        read, made = new[:left], new[left:]
        self._sentences |= dict(zip(read, self._model.encode_texts(read), strict=True))
        if made:
            self._real = self._real or list(self._sentences.values())
            self._sentences |= {text: self._like_another(text) for text in made}

    def _like_another(self, text: str) -> Vectors:
        """Return a vector near that of some sentence which the model did read."""
        assert self._real  # noqa: S101  some were read before
        place = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")
        return _jittered(self._real[place % len(self._real)], text)

    def _context(self, text: str) -> Vectors:
        bare = _TOLD.sub("", text)
        known = self._contexts.get(bare)
        if known is None:
            known = self._contexts[bare] = self._model.encode_texts([bare])[0]
        return known if bare == text else _jittered(known, text)


def fidelity(composed: ComposedEncoder, model: Encoder, texts: Sequence[str]) -> float:
    """Return the mean cosine between made and real vectors of passages as embedded."""
    spans = [_spans_of_embedded(text) for text in texts]
    made, _ = composed.encode_passages(texts, spans)
    real = model.encode_texts(texts)
    return float(np.vecdot(made, real).mean())


def _spans_of_embedded(text: str) -> list[Span]:
    start = text.index(": ") + 2
    return [(a + start, b + start) for a, b in sentence_spans(text[start:])]


def _jittered(vector: Vectors, text: str) -> Vectors:
    digest = blake2b(text.encode(), digest_size=8).digest()
    chance = np.random.Generator(np.random.SFC64(int.from_bytes(digest, "little")))
    noise: Vectors = chance.standard_normal(len(vector), np.float32)
    noise *= _JITTER / float(np.linalg.norm(noise))
    near: Vectors = unit((vector + noise)[None, :])[0]
    return near


def _kind(headings: Sequence[str]) -> str:
    return headings[-1] if headings else ""


def _sentences(text: str) -> list[str]:
    found = [" ".join(text[a:b].split()) for a, b in sentence_spans(text)]
    return [one for one in found if one]


def _name(chance: random.Random) -> str:
    return "".join(chance.choice(_SYLLABLES) for _ in range(3)).title()


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
