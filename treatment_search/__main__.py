"""python -m treatment_search: search, status, rollback, copy, evaluate, check-corpus.

What the other commands need is imported by them, so that `search` answers sooner.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from treatment_search.address import index_address
from treatment_search.engine import Engine
from treatment_search.errors import IndexProblem, QuestionRefused
from treatment_search.models import BUNDLED
from treatment_search.reporting import as_json, as_text, one_line_errors, printable
from treatment_search.settings import Settings

_INDEX = click.option(
    "--index",
    help="Folder of the index, or milvus+http://HOST:19530/NAME; index/ unless "
    "TREATMENT_SEARCH_INDEX says otherwise.",
)
_CORPUS = click.option(
    "--corpus",
    type=click.Path(path_type=Path),
    help="Folder of the articles; corpus/ unless TREATMENT_SEARCH_CORPUS says otherwise.",
)
_JSON = click.option("--json", "as_object", is_flag=True, help="Print one JSON object.")


@click.group()
def main() -> None:
    """Semantic search over treatment articles."""


@main.command()
@click.argument("question")
@_INDEX
@click.option(
    "-k",
    "count",
    type=click.IntRange(1, 100),
    default=10,
    show_default=True,
    help="How many passages to show.",
)
@_JSON
def search(question: str, index: str | None, count: int, as_object: bool) -> None:
    """Print the passages that answer QUESTION best.

    With - as QUESTION, read one question a line from standard input and print one JSON object
    a line; a question that cannot be searched gives an object with its "error".
    """
    with one_line_errors():
        engine = Engine(_settings(index).address)
        if question == "-":
            for line in sys.stdin:
                print(json.dumps(_answer(engine, line, count), ensure_ascii=False), flush=True)
            return
        _show(engine.search(question, count), as_object)


def _answer(engine: Engine, line: str, count: int) -> dict[str, object]:
    try:
        return as_json(engine.search(line, count))
    except QuestionRefused as error:
        return {"question": line.rstrip("\n"), "error": str(error)}


@main.command()
@_INDEX
@_CORPUS
@_JSON
def status(index: str | None, corpus: Path | None, as_object: bool) -> None:
    """Print what is live, check every file of it, and tell what came before and since."""
    from treatment_search.serving import served_status
    from treatment_search.status import index_status

    with one_line_errors():
        settings = _settings(index)
        if settings.cluster:
            _show(served_status(settings.cluster), as_object)
        else:
            _show(index_status(settings.index, _corpus(corpus)), as_object)


@main.command()
@_INDEX
def rollback(index: str | None) -> None:
    """Make the previous generation live again."""
    from treatment_search.serving import roll_back

    with one_line_errors():
        print(f"Live: {roll_back(_settings(index).address)}")


@main.command()
@click.option("--from", "source", required=True, help="Index to copy: a folder, or an address.")
@click.option("--to", "target", required=True, help="Where to: an address, or a folder.")
def copy(source: str, target: str) -> None:
    """Copy an index from a folder to a Milvus server, or back; nothing is embedded again."""
    from treatment_search.copying import copy_index
    from treatment_search.progress import Bar

    with one_line_errors(), Bar() as progress:
        name = copy_index(index_address(source), index_address(target), progress)
    print(f"Live in {printable(target)}: {name}")


@main.command("evaluate")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--corpus-from",
    type=click.Path(path_type=Path),
    help="Folder that has the documents, when FOLDER has only questions.",
)
@click.option(
    "--cache", type=click.Path(path_type=Path), help="Where the indexes of evaluations are kept."
)
@click.option(
    "--model",
    default=BUNDLED,
    show_default=True,
    help="Name or folder of the sentence-transformers model.",
)
@click.option(
    "--index",
    help="Address on a Milvus server: the documents are put there, live, and it is asked.",
)
@_JSON
def evaluate_command(
    folder: Path,
    corpus_from: Path | None,
    cache: Path | None,
    model: str,
    index: str | None,
    as_object: bool,
) -> None:
    """Ask the judged questions in FOLDER (BEIR's layout) and print how well they are answered."""
    from treatment_search.encoder import load_encoder
    from treatment_search.evaluation import evaluate
    from treatment_search.progress import Bar

    with one_line_errors(), Bar() as progress:
        cluster = index_address(index) if index else None
        if isinstance(cluster, Path):
            raise IndexProblem(f"'{cluster}' is no address of a server; a folder is --cache")
        evaluation = evaluate(
            folder,
            load_encoder(model),
            corpus_from=corpus_from,
            cache=cache,
            cluster=cluster,
            progress=progress,
        )
    _show(evaluation, as_object)


@main.command("check-corpus")
@_CORPUS
def check_corpus_command(corpus: Path | None) -> None:
    """Print what to mend in the articles, by file and line; status 1 when there is something."""
    from treatment_search.corpus_check import check_corpus

    with one_line_errors():
        folder = _corpus(corpus)
        findings = check_corpus(folder)
    for finding in findings:
        print(printable(f"{finding.path}:{finding.line}: {finding.message}"))
    if findings:
        sys.exit(1)
    print(f"Nothing to mend in '{folder}'.")


def _settings(index: str | None) -> Settings:
    return Settings.from_environment().at(index)


def _corpus(given: Path | None) -> Path:
    return given or Settings.from_environment().corpus


def _show(record: object, as_object: bool) -> None:
    print(json.dumps(as_json(record), ensure_ascii=False) if as_object else as_text(record))


if __name__ == "__main__":
    main(prog_name="python -m treatment_search")
