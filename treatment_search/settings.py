"""Where things are: an option first, then the environment, then the default."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The folders one run works with, relative to where it was started, and who may change them.

    `keepers` are the addresses that may change the articles after signing in. `keep_questions`
    says whether questions without an answer are kept (asked.py); with None, what the keeper's
    page was told holds.
    """

    corpus: Path = Path("corpus")
    index: Path = Path("index")
    keepers: tuple[str, ...] = ()
    keep_questions: bool | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Return the settings; TREATMENT_SEARCH_CORPUS, _INDEX, _KEEPERS, _KEEP_QUESTIONS override.

        Questions are kept with 1 alone: anything else that somebody wrote there means no.
        """
        default = cls()
        keep = environment.get("TREATMENT_SEARCH_KEEP_QUESTIONS")
        return cls(
            Path(environment.get("TREATMENT_SEARCH_CORPUS") or default.corpus),
            Path(environment.get("TREATMENT_SEARCH_INDEX") or default.index),
            tuple(_listed(environment.get("TREATMENT_SEARCH_KEEPERS", ""))),
            keep == "1" if keep else None,
        )


def _listed(text: str) -> Iterator[str]:
    return (one.strip() for one in text.split(",") if one.strip())
