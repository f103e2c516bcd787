"""python -m benchmarks.quality.trust: how far a person can trust what is shown.

Marked sentences, roles of sections, urgent signs and languages, each against labels made by hand,
over the index of corpus/ (run ingest first). Writes results/trust.json.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np

from benchmarks.quality.judged import read_questions
from benchmarks.quality.measure import HERE, about_this_run, bootstrap, shown, vars_of
from treatment_search import Engine, Settings, generations, ingest, load_encoder
from treatment_search.records import Hit, Role
from treatment_search.store import PassageStore

Figures = dict[str, np.ndarray]
"""Name of a measure -> 1.0 or 0.0 for each case it counts."""


@click.command()
@click.option("--index", type=click.Path(path_type=Path), help="Folder of the index of corpus/.")
@click.option(
    "--medquad",
    type=click.Path(path_type=Path, exists=True),
    help="Folder of the MedQuAD articles: the roles of some of their sections are measured too.",
)
def main(index: Path | None, medquad: Path | None) -> None:
    """Measure what tells a person how far to trust a passage."""
    engine = Engine(index or Settings.from_environment().index)
    figures: Figures = {}
    figures |= _marking(engine)
    figures |= _urgent(engine)
    figures |= _languages(engine)
    figures |= _gibberish(engine)
    figures |= _starter_roles(index or Settings.from_environment().index)
    if medquad:
        figures |= _medquad_roles(medquad)
    measured = {name: bootstrap(values) for name, values in figures.items()}
    for name, value in measured.items():
        print(f"{name:48} {shown(value)}  ({len(figures[name])})")
    target = HERE / "results" / "trust.json"
    rows = {n: {"value": vars_of(v), "cases": len(figures[n])} for n, v in measured.items()}
    target.write_text(json.dumps(about_this_run(engine) | {"measures": rows}, indent=1) + "\n")
    print(f"written: {target}")


def _rows(name: str) -> Iterator[list[str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row and not row[0].startswith("#"):
                yield row


def _marking(engine: Engine) -> Figures:
    """Judge the marked sentence of each labelled question and passage; halves by line."""
    marked_where, right, half, none_marked = [], [], [], []
    for number, (question, article, heading, labels) in enumerate(list(_rows("sentences.tsv"))[1:]):
        wanted = () if labels == "none" else tuple(labels.split(" | "))
        sentence = _marked_sentence(engine, question, article, heading, wanted)
        if not wanted:
            none_marked.append(float(bool(sentence)))
            continue
        marked_where.append(float(bool(sentence)))
        if sentence:
            right.append(float(" ".join(sentence.split()).startswith(wanted)))
            half.append(number % 2)
    values, halves = np.array(right), np.array(half)
    return {
        "sentence marked, where one answers": np.array(marked_where),
        "marked sentence is right": values,
        "marked sentence is right, half tuned on": values[halves == 0],
        "marked sentence is right, other half": values[halves == 1],
        "sentence marked, where none answers": np.array(none_marked),
    }


def _marked_sentence(
    engine: Engine, question: str, article: str, heading: str, wanted: tuple[str, ...]
) -> str:
    """Return what is marked in the passage the label was made for; empty where nothing is."""

    def is_it(hit: Hit) -> bool:
        passage = hit.passage.passage
        text = " ".join(passage.text.split())
        return passage.article_id == article and (
            any(start in text for start in wanted)
            if wanted
            else passage.headings[-1:] == (heading,)
        )

    hit = next(filter(is_it, engine.search(question, k=30).hits), None)
    return hit.passage.passage.text[slice(*hit.sentence)] if hit and hit.sentence else ""


def _urgent(engine: Engine) -> Figures:
    pinned: dict[str, list[float]] = {"urgent": [], "calm": []}
    for kind, question, _ in _rows("urgent.tsv"):
        pinned[kind].append(float(bool(engine.search(question).urgent)))
    own = [
        float(bool(engine.search(q.text).urgent)) for q in read_questions(HERE / "questions.tsv")
    ]
    return {
        "urgent sign: get help now is pinned": np.array(pinned["urgent"]),
        "calm look-alike: pinned all the same": np.array(pinned["calm"]),
        "ordinary question: pinned": np.array(own),
    }


def _languages(engine: Engine) -> Figures:
    told = [(engine.search(question).language, code) for code, question in _rows("languages.tsv")]
    english = [
        float(engine.search(q.text).language is not None)
        for q in read_questions(HERE / "questions.tsv")
    ]
    return {
        "another language: noticed": np.array([float(found is not None) for found, _ in told]),
        "another language: named rightly": np.array(
            [float(found is not None and found.code == code) for found, code in told]
        ),
        "English question: taken for another language": np.array(english),
    }


def _gibberish(engine: Engine) -> Figures:
    typed = (HERE / "gibberish.txt").read_text("utf-8").splitlines()
    refused = [float(not engine.search(line).hits) for line in typed]
    return {"gibberish: refused": np.array(refused)}


def _starter_roles(index: Path) -> Figures:
    of_heading = {row[1]: row[2] for row in _rows("roles.tsv") if row[0] == "corpus"}
    given = {
        (article, headings[-1]): role for article, _, headings, role in _roles_of(index) if headings
    }
    right = [float(of_heading[heading] == role) for (_, heading), role in given.items()]
    return {"role of a starter section": np.array(right)}


def _medquad_roles(folder: Path) -> Figures:
    labels = {
        (file, int(section)): roles
        for file, section, *roles in _rows("roles.tsv")
        if file != "corpus"
    }
    with TemporaryDirectory() as temporary:
        corpus, index = Path(temporary, "corpus"), Path(temporary, "index")
        for file, _ in labels:
            (corpus / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / file, corpus / file)
        ingest(corpus, index, load_encoder())
        given: dict[tuple[str, int], list[Role]] = {}
        for article, section, _, role in _roles_of(index):
            given.setdefault((article, section), []).append(role)
    right = [float(given[place][0] in roles) for place, roles in labels.items()]
    return {"role of a MedQuAD section": np.array(right)}


def _roles_of(index: Path) -> Iterator[tuple[str, int, tuple[str, ...], Role]]:
    """Yield article, section, headings and role of each passage, in order."""
    store = PassageStore(generations.live_generation(index).folder / generations.PASSAGES)
    for stored in store.passages(range(len(store))):
        passage = stored.passage
        yield passage.article_id, passage.section, passage.headings, stored.role


if __name__ == "__main__":
    main()
