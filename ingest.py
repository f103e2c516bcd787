"""Make index/ true to corpus/: python ingest.py."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import click

from treatment_search import (
    Encoder,
    ProgressBar,
    Settings,
    as_json,
    as_text,
    encoder_for_index,
    ingest_and_check,
    one_line_errors,
    print_error,
    watch,
)


@click.command()
@click.option(
    "--corpus",
    type=click.Path(path_type=Path),
    help="Folder of the articles; corpus/ unless TREATMENT_SEARCH_CORPUS says otherwise.",
)
@click.option(
    "--index",
    help="Folder of the index, or milvus+http://HOST:19530/NAME; index/ unless "
    "TREATMENT_SEARCH_INDEX says otherwise.",
)
@click.option(
    "--model",
    help="Name or folder of a sentence-transformers model; without it, the model the "
    "index was made with, at first the bundled one.",
)
@click.option("--dry-run", is_flag=True, help="Tell what would be done and write nothing.")
@click.option("--rebuild", is_flag=True, help="Embed everything again, changed or not.")
@click.option(
    "--allow-removal",
    is_flag=True,
    help="Go on although more than a fifth of the articles are gone.",
)
@click.option(
    "--watch",
    "watching",
    is_flag=True,
    help="Ingest again whenever an article changes, until Ctrl-C.",
)
@click.option(
    "--json",
    "as_object",
    is_flag=True,
    help="Print the report as one JSON object; with --watch, one a line.",
)
def main(
    corpus: Path | None,
    index: str | None,
    model: str | None,
    dry_run: bool,
    rebuild: bool,
    allow_removal: bool,
    watching: bool,
    as_object: bool,
) -> None:
    """Embed the articles that are new or changed, forget those that are gone, and report."""
    if watching and rebuild:
        raise click.UsageError("--watch would embed everything at each change; --rebuild first.")
    with one_line_errors():
        settings = Settings.from_environment().at(index)
    articles = corpus or settings.corpus
    encoder: Encoder | None = None

    def ingest_now() -> None:
        nonlocal encoder
        encoder = encoder_for_index(settings.index, model, encoder)
        with ProgressBar() as progress:
            report = ingest_and_check(
                articles,
                settings.index,
                encoder,
                cluster=settings.cluster,
                dry_run=dry_run,
                rebuild=rebuild,
                allow_removal=allow_removal,
                progress=progress,
            )
        shown = json.dumps(as_json(report), ensure_ascii=False) if as_object else as_text(report)
        print(shown, flush=True)

    with one_line_errors():
        if not watching:
            ingest_now()
            return
        with suppress(KeyboardInterrupt):
            watch(articles, ingest_now, print_error)


if __name__ == "__main__":
    main()
