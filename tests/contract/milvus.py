"""Milvus Lite's own server, started from its package: a real pymilvus over a real connection."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

INSTALLED = find_spec("pymilvus") is not None and find_spec("milvus_lite") is not None
NOT_TESTED = (
    "an index on a Milvus server is NOT tested: pymilvus or milvus-lite is not installed. "
    "Run: pip install -r requirements-cluster.txt"
)
_STARTED_SECONDS = 60.0


class MilvusServer:
    """A server in a process of its own, on 127.0.0.1; killed and started again as a test likes."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = int(free.getsockname()[1])

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start, and return when it takes connections."""
        command = [sys.executable, "-m", "milvus_lite", "server", "--host", "127.0.0.1"]
        command += ["--port", str(self._port), "--data-dir", str(self._data)]
        with Path(f"{self._data}.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + _STARTED_SECONDS
        while time.monotonic() < until:
            assert self._process.poll() is None, Path(f"{self._data}.log").read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.05)
        raise TimeoutError("the server did not start")

    def kill(self) -> None:
        """End it without a chance to tidy up."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def pause(self) -> None:
        """Let it answer nothing, its connections left open."""
        assert self._process
        os.kill(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process
        os.kill(self._process.pid, signal.SIGCONT)
