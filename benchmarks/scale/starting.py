"""From a cold process to the first answer: the search command, and the page."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.measuring import ROOT

QUESTION = "my heel hurts with the first steps in the morning"
_PROGRAM = """
import json, sys, time
marks = [("interpreter", time.time())]
import treatment_search
marks.append(("import", time.time()))
from pathlib import Path
engine = treatment_search.Engine(Path(sys.argv[1])); engine.manifest
marks.append(("open the index", time.time()))
engine.warm()
marks.append(("load the model", time.time()))
engine.search(sys.argv[2])
marks.append(("answer", time.time()))
print(json.dumps(marks))
"""
_SERVER = (sys.executable, "-m", "streamlit", "run", "app.py")
_PATIENCE = 120.0


def cold_parts(index: Path) -> dict[str, float]:
    """Return the seconds of each step from starting Python to the first answer."""
    started = time.time()
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(index), QUESTION],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, before = {}, started
    for step, moment in json.loads(done.stdout):
        seconds[step] = round(moment - before, 3)
        before = moment
    return seconds


def page_seconds(index: Path) -> float:
    """Return seconds from starting the page's server to the first answer's last message.

    A websocket asks as a browser would that was given an address with a question; what a browser
    then takes to draw it is not in it.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.perf_counter()
    server = subprocess.Popen(
        [*_SERVER, "--server.port", str(port), "--server.headless", "true"],
        cwd=ROOT,
        env={**os.environ, "TREATMENT_SEARCH_INDEX": str(index)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health", started)
        asyncio.run(asyncio.wait_for(_first_answer(port), _PATIENCE))
        return time.perf_counter() - started
    finally:
        server.kill()  # it only reads, and closing it down takes seconds
        server.wait()


def _wait_for(address: str, started: float) -> None:
    while time.perf_counter() - started < _PATIENCE:
        try:
            with urllib.request.urlopen(address):  # noqa: S310  loopback
                return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"the page's server did not start within {_PATIENCE:.0f} s")


async def _first_answer(port: int) -> None:
    """Ask through the page's own protocol until a script run with an answer has ended."""
    import websockets
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    order = BackMsg()
    order.rerun_script.query_string = urlencode({"q": QUESTION})
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    async with websockets.connect(
        address, subprotocols=[websockets.Subprotocol("streamlit")], max_size=None
    ) as socket_:
        await socket_.send(order.SerializeToString())
        answered = False
        async for data in socket_:
            message = ForwardMsg()
            message.ParseFromString(data if isinstance(data, bytes) else data.encode())
            answered |= b"passages from" in message.SerializeToString()
            if answered and message.WhichOneof("type") == "script_finished":
                return
    raise RuntimeError("the page closed the connection without an answer")
