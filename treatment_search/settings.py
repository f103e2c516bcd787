"""Where things are: an option first, then the environment, then the default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The folders one run works with, relative to where it was started."""

    corpus: Path = Path("corpus")
    index: Path = Path("index")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Return the settings; TREATMENT_SEARCH_CORPUS and TREATMENT_SEARCH_INDEX override."""
        default = cls()
        return cls(
            Path(environment.get("TREATMENT_SEARCH_CORPUS") or default.corpus),
            Path(environment.get("TREATMENT_SEARCH_INDEX") or default.index),
        )
