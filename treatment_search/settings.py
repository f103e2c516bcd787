"""Where things are: an option first, then the environment, then the default."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from treatment_search.address import ClusterAddress, IndexAddress, index_address, state_of


@dataclass(frozen=True, slots=True)
class Settings:
    """The folders one run works with, relative to where it was started, and who may change them.

    `index` is the folder of the index; when it is on a server, `cluster` is where, and the folder
    keeps what belongs to it on this machine.

    `keepers` are the addresses that may change the articles after signing in. `keep_questions`
    says whether questions without an answer are kept (asked.py); with None, what the keeper's
    page was told holds.
    """

    corpus: Path = Path("corpus")
    index: Path = Path("index")
    keepers: tuple[str, ...] = ()
    keep_questions: bool | None = None
    cluster: ClusterAddress | None = None

    @property
    def address(self) -> IndexAddress:
        """Return where the index is that is searched."""
        return self.cluster or self.index

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Return the settings; TREATMENT_SEARCH_CORPUS, _INDEX, _KEEPERS, _KEEP_QUESTIONS override.

        _STATE is the folder beside an index on a server. Questions are kept with 1 alone: anything
        else that somebody wrote there means no. Raises IndexProblem for an address that is none.
        """
        default = cls()
        keep = environment.get("TREATMENT_SEARCH_KEEP_QUESTIONS")
        return cls(
            Path(environment.get("TREATMENT_SEARCH_CORPUS") or default.corpus),
            default.index,
            tuple(_listed(environment.get("TREATMENT_SEARCH_KEEPERS", ""))),
            keep == "1" if keep else None,
        ).at(environment.get("TREATMENT_SEARCH_INDEX"), environment)

    def at(self, index: str | None, environment: Mapping[str, str] = os.environ) -> Settings:
        """Return the settings with the index that an option names; the same without one."""
        if not index:
            return self
        state = environment.get("TREATMENT_SEARCH_STATE")
        address = index_address(index, Path(state) if state else None)
        cluster = address if isinstance(address, ClusterAddress) else None
        return replace(self, index=state_of(address), cluster=cluster)


def _listed(text: str) -> Iterator[str]:
    return (one.strip() for one in text.split(",") if one.strip())
