"""What every benchmark needs: percentiles, memory, and what machine and versions these are."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"
QUESTIONS = Path(__file__).parent / "quality" / "questions.tsv"

Json = dict[str, object]

# Instructions that decide how quickly a processor multiplies matrices.
_FLAGS = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8", "asimd", "sve")
_PACKAGES = ("torch", "sentence-transformers", "openvino", "faiss-cpu", "tantivy", "numpy")
_MIB = 1024 * 1024


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Return the 50th, 95th and 99th percentile, linear between ranks, and the mean."""
    found = np.percentile(np.asarray(values, float), (50, 95, 99))
    names = ("p50", "p95", "p99")
    rounded = {name: round(float(value), 3) for name, value in zip(names, found, strict=True)}
    return rounded | {"mean": round(float(np.mean(values)), 3)}


def growth(smaller: float, larger: float, times: float) -> float:
    """Return the exponent b for which a figure grew as n**b while n grew `times`."""
    return float(np.log(larger / smaller) / np.log(times))


def memory() -> dict[str, float]:
    """Return MiB of this process: resident now, of it its own (not mapped files), and the peak."""
    status = Path("/proc/self/status")
    if not status.exists():  # macOS and others tell the peak alone
        import resource

        unit = 1 if platform.system() == "Darwin" else 1024
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _MIB
        return {"peak": round(peak, 1)}
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    named = {"resident": "VmRSS", "own": "RssAnon", "peak": "VmHWM"}
    return {name: round(int(lines[field].split()[0]) / 1024, 1) for name, field in named.items()}


def resident_mebibytes(process: int | str = "self") -> float:
    """Return a process's resident memory, from the system's own count (Linux)."""
    pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / _MIB


def disk(folder: Path) -> int:
    """Return the bytes of every file below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def about_this_run() -> Json:
    """Return what figures depend on: machine, versions, commit, date."""
    return {
        "machine": {
            "processor": _processor(),
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0,
            "flags": [flag for flag in _FLAGS if flag in _cpu_flags()],
            "memory_gib": _memory_gib(),
            "system": f"{platform.system()} {platform.machine()}",
        },
        "versions": {"python": platform.python_version()}
        | {name: found for name in _PACKAGES if (found := _version(name))},
        "commit": commit(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def write_result(name: str, result: Json) -> Path:
    """Write results/<name>.json and return where."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path


def _cpu_info() -> dict[str, str]:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().split("\n\n")[0].splitlines() if path.exists() else []
    pairs = (line.partition(":") for line in lines)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _processor() -> str:
    return _cpu_info().get("model name") or platform.processor() or platform.machine()


def _cpu_flags() -> set[str]:
    info = _cpu_info()
    return set((info.get("flags") or info.get("Features") or "").split())


def _memory_gib() -> float:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3, 1)
    except (ValueError, OSError):
        return 0.0


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def commit() -> str:
    """Return what git calls this state of the project."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    return done.stdout.strip() or "unknown"
