"""Make index/ true to corpus/: python ingest.py."""

from __future__ import annotations

import json
from pathlib import Path

import click

from treatment_search import (
    ProgressBar,
    Settings,
    as_json,
    as_text,
    encoder_for_index,
    ingest_and_check,
    one_line_errors,
)


@click.command()
@click.option(
    "--corpus",
    type=click.Path(path_type=Path),
    help="Folder of the articles; corpus/ unless TREATMENT_SEARCH_CORPUS says otherwise.",
)
@click.option(
    "--index",
    type=click.Path(path_type=Path),
    help="Folder of the index; index/ unless TREATMENT_SEARCH_INDEX says otherwise.",
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
@click.option("--json", "as_object", is_flag=True, help="Print the report as one JSON object.")
def main(
    corpus: Path | None,
    index: Path | None,
    model: str | None,
    dry_run: bool,
    rebuild: bool,
    allow_removal: bool,
    as_object: bool,
) -> None:
    """Embed the articles that are new or changed, forget those that are gone, and report."""
    settings = Settings.from_environment()
    index = index or settings.index
    with one_line_errors(), ProgressBar() as progress:
        report = ingest_and_check(
            corpus or settings.corpus,
            index,
            encoder_for_index(index, model),
            dry_run=dry_run,
            rebuild=rebuild,
            allow_removal=allow_removal,
            progress=progress,
        )
    print(json.dumps(as_json(report), ensure_ascii=False) if as_object else as_text(report))


if __name__ == "__main__":
    main()
