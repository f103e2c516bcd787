"""Each peer in an environment of its own, made by the benchmark and kept in the user's cache."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from treatment_search.evaluation import default_cache

# The versions of November 2026; torch is the product's, so that all multiply matrices alike.
_TORCH = ("torch==2.13.0", "transformers==5.24.0", "numpy==2.4.6")
REQUIREMENTS = {
    "txtai": ("txtai==9.14.0", "faiss-cpu==1.15.1", *_TORCH),
    "langchain": (
        "langchain-huggingface==1.2.3",
        "langchain-community==0.4.2",
        "faiss-cpu==1.15.1",
        "sentence-transformers==6.2.0",
        *_TORCH,
    ),
    "chroma": ("chromadb==1.5.9", "sentence-transformers==6.2.0", *_TORCH),
    "llamaindex": (
        "llama-index-core==0.14.25",
        "llama-index-embeddings-huggingface==0.8.0",
        "sentence-transformers==6.2.0",
        *_TORCH,
    ),
}
# No peer asks a hub or tells anybody anything.
QUIET = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "TOKENIZERS_PARALLELISM": "true",
}


def cache() -> Path:
    """Return where environments and indexes of peers are kept between runs."""
    return default_cache().parent / "peers"


def python_of(peer: str) -> Path:
    """Return the Python that runs a peer; install the peer when it is not yet."""
    if peer not in REQUIREMENTS:
        return Path(sys.executable)
    wanted = "\n".join(REQUIREMENTS[peer])
    folder = cache() / f"{peer}-{hashlib.sha256(wanted.encode()).hexdigest()[:12]}"
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    done = folder / "installed"
    if not done.exists():
        print(f"installing {peer} into {folder}", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *REQUIREMENTS[peer]], check=True)
        done.write_text(wanted + "\n")
    return python
