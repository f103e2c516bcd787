"""The model as sentence-transformers runs it; the only file that knows it and torch.

What the compiled model (compiled.py) is made from and compared with, and what stands in for it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from treatment_search.errors import ModelProblem
from treatment_search.models import ModelFiles
from treatment_search.runtime import Encoded, windows
from treatment_search.vectors import Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 32
_NONE = np.empty((0, 0), np.float32)


class SentenceTransformerRuntime:
    """Loaded when the first text is run.

    bfloat16 on processors that compute it natively (2.5 times the passages a second at cosine
    0.999 to float32, see docs/architecture.md), float32 elsewhere and when `exact`.
    """

    name = "sentence-transformers"

    def __init__(self, files: ModelFiles, *, exact: bool = False) -> None:
        self._files = files
        self._exact = exact
        self._loading = threading.Lock()

    @property
    def dimensions(self) -> int:
        """Return the length of the model's vectors."""
        return int(self._loaded().get_embedding_dimension() or 0)

    def run(self, texts: Sequence[str], prompt: str, *, tokens: bool) -> Iterator[Encoded]:
        """Yield every text once; raise ModelProblem when the model cannot be loaded."""
        for order in windows([len(text) for text in texts]):
            for first in range(0, len(order), BATCH):
                batch = order[first : first + BATCH]
                read = [texts[row] for row in batch]
                yield from (
                    self._with_tokens(batch, read, prompt)
                    if tokens
                    else (
                        Encoded(row, vector, _NONE)
                        for row, vector in zip(batch, self._vectors(read, prompt), strict=True)
                    )
                )

    def traceable(self) -> tuple[Any, list[str], tuple[Any, ...]]:
        """Return the whole model as one torch module, its inputs' names, and examples of them.

        Its outputs are the texts' vectors and those of their tokens. Raises ValueError for a
        model that takes other inputs than tokens.
        """
        import torch

        model = self._loaded()
        features = model.preprocess(["heel", "a pain in the heel"])
        names = [name for name, value in features.items() if isinstance(value, torch.Tensor)]
        unknown = set(names) - {"input_ids", "attention_mask", "token_type_ids"}
        if unknown:
            raise ValueError(f"it takes {', '.join(sorted(unknown))}")

        class Whole(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.model = model

            def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
                out = self.model(dict(zip(names, inputs, strict=True)))
                return out["sentence_embedding"], out["token_embeddings"]

        return Whole().eval(), names, tuple(features[name] for name in names)

    def _with_tokens(
        self, batch: Sequence[int], texts: Sequence[str], prompt: str
    ) -> Iterator[Encoded]:
        tokens = self._files.tokens([f"{prompt}{text}" for text in texts])
        encoded = self._encode(texts, prompt, output_value=None)
        for row, one, read in zip(batch, encoded, tokens, strict=True):
            states = one["token_embeddings"].float().numpy()[: len(read.ids)]
            vector = one["sentence_embedding"].float().numpy()
            yield Encoded(row, vector, states, read.offsets[: len(states)])

    def _vectors(self, texts: Sequence[str], prompt: str) -> Vectors:
        vectors = self._encode(texts, prompt, convert_to_numpy=True)
        return np.asarray(vectors, dtype=np.float32)

    def _encode(self, texts: Sequence[str], prompt: str, **wanted: Any) -> Any:
        return self._loaded().encode(
            list(texts), prompt=prompt, batch_size=BATCH, show_progress_bar=False, **wanted
        )

    def _loaded(self) -> SentenceTransformer:
        with self._loading:
            return self._model

    @cached_property
    def _model(self) -> SentenceTransformer:
        _keep_quiet()
        import torch
        from sentence_transformers import SentenceTransformer

        small = not self._exact and _has_bfloat16()
        try:
            return SentenceTransformer(
                str(self._files.folder),
                device="cpu",
                local_files_only=True,
                model_kwargs={"dtype": torch.bfloat16 if small else torch.float32},
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelProblem(
                f"model '{self._files.name}' in '{self._files.folder}' cannot be loaded: {error} "
                "Fetch it again, or choose another with --model"
            ) from error


def _has_bfloat16() -> bool:
    import torch

    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16") or able.get("sve_bf16"))


def _keep_quiet() -> None:
    """The model is on disk: ask no hub, send no telemetry, print no bars about loading it."""
    os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # transformers has no
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # types for these two
