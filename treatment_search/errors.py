"""Every error this package raises on purpose; anything else that escapes is a defect.

TreatmentSearchError
├── QuestionRefused        the question cannot be searched as it stands
├── CorpusProblem          corpus/ is missing, empty, or lost more than it should
│   ├── ArticleUnreadable  one file; ingest names it and goes on
│   ├── ArticlesGone       more are gone than is likely meant
│   └── KeepingRefused     a file cannot be added, taken out or put back
│       └── NameTaken      another file has its name
├── IndexProblem
│   ├── IndexNotBuilt      nothing was ever published here
│   ├── IndexDamaged       a file of the generation is missing or not what was written
│   ├── IndexOutdated      made by another format or another model
│   ├── IndexBusy          another ingest holds the lock
│   ├── IndexUnreachable   its server does not answer, or refuses
│   └── NothingToRollBack  there is no previous generation
├── ModelProblem           the model cannot be had, or is not what it should be
│   └── NotCompiled        no compiled form of it can be run; sentence-transformers can run it
└── JudgementsUnreadable   a folder of judged questions is not in the expected layout

Each message says what is wrong, where, and what to do.
"""


class TreatmentSearchError(Exception):
    """Base of all errors raised on purpose; its text is one line fit for a person."""


class QuestionRefused(TreatmentSearchError):
    """The question is empty, too long, or holds no word."""


class CorpusProblem(TreatmentSearchError):
    """The folder of articles cannot be ingested as it stands."""


class ArticleUnreadable(CorpusProblem):
    """One file is not an article that can be read; the message is the reason alone."""


class ArticlesGone(CorpusProblem):
    """So many articles are gone that somebody must say that they are meant to go.

    `gone` are their ids, sorted.
    """

    def __init__(self, message: str, gone: tuple[str, ...]) -> None:
        super().__init__(message)
        self.gone = gone


class KeepingRefused(CorpusProblem):
    """A file cannot be added to the corpus folder, taken out of it or put back."""


class NameTaken(KeepingRefused):
    """Another file stands where one should go."""


class IndexProblem(TreatmentSearchError):
    """The index cannot be used as it stands."""


class IndexNotBuilt(IndexProblem):
    """No generation was ever published in this folder."""


class IndexDamaged(IndexProblem):
    """A file of a generation is missing or differs from what was written; ends in the way out.

    `what` is the message without it.
    """

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}. {_WAY_OUT}")
        self.what = what


_WAY_OUT = (
    "Run: python ingest.py, which builds the index anew, or python -m treatment_search rollback"
)


class IndexOutdated(IndexProblem):
    """The index was made by another format version or another model."""


class IndexBusy(IndexProblem):
    """Another ingest is running on this index."""


class IndexUnreachable(IndexProblem):
    """The server that has the index does not answer in time, refuses, or lacks its library."""


class NothingToRollBack(IndexProblem):
    """There is no previous generation to go back to."""


class ModelProblem(TreatmentSearchError):
    """The embedding model cannot be found or loaded, or its files are not the official ones."""


class NotCompiled(ModelProblem):
    """The model cannot be run compiled; `lasting` when compiling it again would change nothing."""

    def __init__(self, reason: str, *, lasting: bool = False) -> None:
        super().__init__(reason)
        self.lasting = lasting


class JudgementsUnreadable(TreatmentSearchError):
    """A folder of judged questions lacks a file or holds a line that cannot be read."""
