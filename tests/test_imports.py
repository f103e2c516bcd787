"""Who imports whom, read from the source: the layering of docs/architecture.md holds."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import treatment_search
from tests.conftest import ROOT

PACKAGE = "treatment_search"
FILES = sorted((ROOT / PACKAGE).rglob("*.py"))
SCRIPTS = [ROOT / "app.py", ROOT / "ingest.py"]
# Libraries that one place alone may know; anything below that place may.
KNOWN_BY = {
    "faiss": "dense",
    "tantivy": "lexical",
    "sqlite3": "store",
    "pymilvus": "cluster",
    "grpc": "cluster",
    "blake3": "generations",
    "sentence_transformers": "original",
    "torch": "original",
    "transformers": "original",
    "openvino": "compiled",
    "Stemmer": "analysis",
    "filelock": "locking",
    "ir_measures": "evaluation",
    "tqdm": "progress",
    "watchfiles": "watching",
    "py3langid": "languages",
    "rapidfuzz": "spelling",
    "markdown_it": "reading.markdown",
    "yaml": "reading.front_matter",
    "charset_normalizer": "reading.decoding",
    "trafilatura": "reading.webpage",
    "lxml": "reading.elements",
    "pypdf": "reading.pdf",
    "mammoth": "reading.word",
    "zipfile": "reading.archive",
    "streamlit": "ui",
}
PURE = (
    "access",
    "changes",
    "keys",
    "records",
    "errors",
    "vectors",
    "parts",
    "ranking",
    "fusion",
    "facets",
    "bands",
    "offtopic",
    "urgency",
    "roles",
    "synonyms",
    "highlight",
    "sentences",
    "chunking",
    "questions",
    "spelling",
    "layout",
    "treatments",
    "comparing",
    "question_groups",
)
OUTSIDE_WORLD = {"os", "pathlib", "shutil", "subprocess", "socket", "time", "datetime", "random"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> Iterator[tuple[str, str | None]]:
    """Yield (module, name) of every import in a file, wherever it stands; no name for `import x`.

    `from package import module` counts as an import of that module.
    """
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            assert node.module
            for alias in node.names:
                below = f"{node.module}.{alias.name}"
                yield (below, None) if below in MODULES else (node.module, alias.name)


MODULES_INIT = ROOT / PACKAGE / "__init__.py"
MODULES = {module_name(path): path for path in FILES}
OWN = {
    name: {other for other, _ in imported(path) if other.split(".")[0] == PACKAGE} - {name}
    for name, path in MODULES.items()
}


def reached_from(start: str) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        new = OWN[waiting.pop()] - reached
        reached |= new
        waiting += new
    return reached


def test_the_walk_sees_imports_of_every_form() -> None:
    # Were the walk blind, every test below would pass.
    assert f"{PACKAGE}.dense" in OWN[f"{PACKAGE}.retrieval"]
    assert f"{PACKAGE}.generations" in OWN[f"{PACKAGE}.engine"]
    assert ("sentence_transformers", "SentenceTransformer") in set(
        imported(MODULES[f"{PACKAGE}.original"])
    )


@pytest.mark.parametrize(("library", "place"), KNOWN_BY.items())
def test_one_place_alone_knows_a_library(library: str, place: str) -> None:
    knowing = {
        name
        for name, path in MODULES.items()
        if any(other.split(".")[0] == library for other, _ in imported(path))
    }
    home = f"{PACKAGE}.{place}"
    assert knowing
    assert {name for name in knowing if name != home and not name.startswith(f"{home}.")} == set()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_the_scripts_know_no_library_but_click_and_streamlit(script: Path) -> None:
    outside = {other.split(".")[0] for other, _ in imported(script)} - set(sys.stdlib_module_names)
    assert outside <= {PACKAGE, "click", "streamlit"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_the_scripts_use_public_names_only(script: Path) -> None:
    allowed = {(PACKAGE, name) for name in treatment_search.__all__}
    if script.name == "app.py":
        allowed.add((f"{PACKAGE}.ui", "draw_page"))
    used = {pair for pair in imported(script) if pair[0].split(".")[0] == PACKAGE}
    assert used
    assert used <= allowed


def test_imports_never_run_in_a_circle() -> None:
    inner = {name: others - {PACKAGE} for name, others in OWN.items() if name != PACKAGE}
    order = list(TopologicalSorter(inner).static_order())  # raises CycleError
    assert set(order) >= set(inner)


def test_nothing_inside_imports_from_the_front_door_but_the_page() -> None:
    using = {name for name, others in OWN.items() if PACKAGE in others}
    assert all(name.startswith(f"{PACKAGE}.ui") for name in using)


def test_records_and_errors_stand_at_the_bottom() -> None:
    bottom = {f"{PACKAGE}.records", f"{PACKAGE}.errors"}
    for name in bottom:
        assert OWN[name] <= bottom


def test_the_engine_never_reaches_ingestion() -> None:
    reached = reached_from(f"{PACKAGE}.engine")
    assert f"{PACKAGE}.store" in reached
    assert not reached & {f"{PACKAGE}.ingestion", f"{PACKAGE}.assembly", f"{PACKAGE}.chunking"}


def test_ingestion_never_reaches_the_engine() -> None:
    assert f"{PACKAGE}.engine" not in reached_from(f"{PACKAGE}.ingestion")


def test_the_modules_of_one_library_stand_below_what_uses_them() -> None:
    above = {f"{PACKAGE}.{name}" for name in ("engine", "ingestion", "assembly", "fusion")}
    for place in ("dense", "lexical", "store", "encoder", "analysis", "cluster.tables"):
        assert not reached_from(f"{PACKAGE}.{place}") & above


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_know_no_file_and_no_clock(name: str) -> None:
    others = {other.split(".")[0] for other, _ in imported(MODULES[f"{PACKAGE}.{name}"])}
    assert not others & OUTSIDE_WORLD
    assert "print(" not in MODULES[f"{PACKAGE}.{name}"].read_text("utf-8")


def test_importing_the_package_loads_nothing_slow() -> None:
    slow = ("torch", "sentence_transformers", "streamlit", "transformers", "pymilvus", "grpc")
    slow += ("trafilatura", "lxml", "pypdf", "mammoth")  # known to the reading process alone
    program = f"import sys, {PACKAGE}; print([name for name in {slow} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_importing_the_package_loads_none_of_its_modules() -> None:
    program = (
        f"import sys, {PACKAGE}; print([n for n in sys.modules if n.startswith('{PACKAGE}.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_a_folder_is_asked_and_ingested_without_what_a_server_needs() -> None:
    program = (
        f"import sys, {PACKAGE}.engine, {PACKAGE}.selfcheck, {PACKAGE}.__main__, {PACKAGE}.ui\n"
        "from pathlib import Path\n"
        f"{PACKAGE}.engine.Engine(Path('nowhere'))\n"
        f"wanted = ('pymilvus', 'grpc', 'milvus_lite', '{PACKAGE}.cluster')\n"
        "print([name for name in wanted if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_all_is_sorted_and_is_what_the_package_shows() -> None:
    # What a type checker sees, what __all__ says and what is loaded on demand are one list.
    declared = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(ast.parse(MODULES_INIT.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{PACKAGE}.")
        for alias in node.names
    }
    assert treatment_search.__all__ == sorted(declared)
    for name, (home, own_name) in declared.items():
        assert getattr(treatment_search, name) is getattr(import_module(home or ""), own_name)
    shown = {
        name
        for name, value in vars(treatment_search).items()
        if not name.startswith("_")
        and not isinstance(value, ModuleType)
        and name not in ("annotations", "import_module", "TYPE_CHECKING", "Any")
    }
    assert shown == set(treatment_search.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = treatment_search.Nothing
