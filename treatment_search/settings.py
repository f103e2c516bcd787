"""Where things are: an option first, then the environment, then the default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The folders one run works with, relative to where it was started.

    `keep_questions` says whether questions without an answer are kept (asked.py); with None,
    what the keeper's page was told holds.
    """

    corpus: Path = Path("corpus")
    index: Path = Path("index")
    keep_questions: bool | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Return the settings; TREATMENT_SEARCH_CORPUS, _INDEX and _KEEP_QUESTIONS override.

        Questions are kept with 1 alone: anything else that somebody wrote there means no.
        """
        default = cls()
        keep = environment.get("TREATMENT_SEARCH_KEEP_QUESTIONS")
        return cls(
            Path(environment.get("TREATMENT_SEARCH_CORPUS") or default.corpus),
            Path(environment.get("TREATMENT_SEARCH_INDEX") or default.index),
            keep == "1" if keep else None,
        )
