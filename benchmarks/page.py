"""The real page served on this machine, and a browser's conversation with it.

What a browser then takes to draw what it is told is not part of it.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.measuring import ROOT

_COMMAND = (sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true")
_START_SECONDS = 120.0
_LARGEST_MESSAGE = 64 * 2**20


class PageFailed(Exception):
    """The page answered with an error, with nothing, or not at all."""


@contextmanager
def page_served(index: Path | None = None) -> Iterator[tuple[str, int]]:
    """Run app.py on a free port, over an index; yield its address and its process when it is up.

    Without `index` it is the one that the settings name. Raises PageFailed when it does not start.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [*_COMMAND, "--server.port", str(port)],
        cwd=ROOT,
        env=os.environ | ({"TREATMENT_SEARCH_INDEX": str(index)} if index else {}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}", server.pid
    finally:
        server.kill()  # it would wait for the visitors' connections, and only reads
        server.wait()


def _wait_for(address: str) -> None:
    started = time.monotonic()
    while time.monotonic() - started < _START_SECONDS:
        try:
            with urllib.request.urlopen(address):  # noqa: S310  loopback
                return
        except OSError:
            time.sleep(0.02)
    raise PageFailed(f"the page's server did not start within {_START_SECONDS:.0f} s")


class PageSession:
    """A visitor's connection; `address` is that of the page, such as http://127.0.0.1:8501/."""

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")
        self._connection: ClientConnection | None = None

    async def __aenter__(self) -> PageSession:
        self._connection = await connect(
            f"{self._address.replace('http', 'ws', 1)}/_stcore/stream",
            origin=self._address,  # type: ignore[arg-type]  # a NewType of str
            subprotocols=["streamlit"],  # type: ignore[list-item]  # a NewType of str
            max_size=_LARGEST_MESSAGE,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._connection:
            await self._connection.close()

    async def ask(self, question: str) -> str:
        """Draw the page for a question and return the HTML of its results, in order.

        Raises PageFailed when the page shows an error, is not drawn to its end, or has neither a
        result nor a notice that there is none.
        """
        connection = self._connection
        assert connection  # noqa: S101  used as a context manager
        message = BackMsg()
        message.rerun_script.query_string = urlencode({"q": question})
        await connection.send(message.SerializeToString())
        drawn: list[str] = []
        while True:
            received = ForwardMsg()
            received.ParseFromString(await connection.recv(decode=False))
            kind = received.WhichOneof("type")
            if kind == "script_finished":
                return checked("\n".join(drawn), received.script_finished)
            if kind == "delta" and received.delta.HasField("new_element"):
                element = received.delta.new_element
                if element.HasField("exception"):
                    raise PageFailed(element.exception.message)
                if element.HasField("html"):
                    drawn.append(element.html.body)


def checked(shown: str, ended: int) -> str:
    """Return what a run of the page showed; raise PageFailed when that is no answer."""
    if ended != ForwardMsg.FINISHED_SUCCESSFULLY:
        raise PageFailed(f"the page ended with {ended}")
    if 'role="alert"' in shown:
        raise PageFailed(shown)
    if 'class="ts-hit"' not in shown and 'class="ts-notice"' not in shown:
        raise PageFailed("neither a result nor a notice was drawn")
    return shown
