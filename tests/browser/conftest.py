"""A real server over a real index, and a real browser to look at it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    expect,
    sync_playwright,
)

from tests.conftest import ROOT, run

expect.set_options(timeout=30_000)  # the model loads behind the first page

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
# Headless, and silent: a browser of its own accord asks its maker's servers for this and that.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


COMMAND = [sys.executable, "-m", "streamlit", "run", "app.py"]


@contextmanager
def served(index: Path, corpus: Path, *options: str) -> Iterator[str]:
    """Run app.py on a free port of this machine, with options of Streamlit, and yield where."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "TREATMENT_SEARCH_INDEX": str(index),
        "TREATMENT_SEARCH_CORPUS": str(corpus),
    }
    server = subprocess.Popen(
        [*COMMAND, "--server.port", str(port), "--server.headless", "true", *options],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(150):
            try:
                with urllib.request.urlopen(address + "_stcore/health"):  # noqa: S310  loopback
                    break
            except OSError:
                time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait(10)


def ingested(corpus: Path, index: Path) -> None:
    """Make an index true to a folder, by the real command."""
    done = run("ingest.py", "--corpus", str(corpus), "--index", str(index))
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("NO CHROMIUM on this machine: the page was not looked at")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(real_index: Path, starter_articles: Path) -> Iterator[str]:
    """The address of the page over some starter articles."""
    with served(real_index, starter_articles) as address:
        yield address


Visit = Callable[..., Page]
# Streamlit does not know where its server is when a page below the root is opened by its address:
# it looks beside that page first, is told 404, and then finds the server one step up.
LOOKED_FOR = ("/_stcore/health", "/_stcore/host-config")


def is_error(message: ConsoleMessage) -> bool:
    """Return whether the browser's console has something that is wrong with the page."""
    return message.type == "error" and not message.location["url"].endswith(LOOKED_FOR)


@pytest.fixture(scope="session")
def plain_context(browser: Browser) -> Iterator[BrowserContext]:
    """One that tests share, so that the page's code is fetched and compiled once for all."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def visit(browser: Browser, plain_context: BrowserContext) -> Iterator[Visit]:
    """Open an address of a server; afterwards nothing may have been asked of any other.

    Nor may the console have had an error, or a text have opened a dialog.
    """
    origins = {""}
    requests: list[str] = []
    errors: list[str] = []
    opened: list[Page | BrowserContext] = []

    def refuse(dialog: Dialog) -> None:
        errors.append(f"a dialog opened: {dialog.message}")
        dialog.dismiss()

    def open_page(address: str, width: int = 1100, height: int = 800, **options: Any) -> Page:
        origins.add(_origin(address))
        context = browser.new_context(**options) if options else plain_context
        page = context.new_page()
        opened.append(context if options else page)
        page.set_viewport_size({"width": width, "height": height})
        page.set_default_timeout(30_000)
        page.on("request", lambda request: requests.append(request.url))
        page.on("websocket", lambda socket: requests.append(socket.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda m: errors.append(m.text) if is_error(m) else None)
        page.on("dialog", refuse)
        page.goto(address)
        return page

    yield open_page
    for one in opened:
        one.close()
    elsewhere = [url for url in requests if _origin(url) not in origins]
    assert elsewhere == []
    assert errors == []


def _origin(url: str) -> str:
    """Return the host and port that a URL leads to, "" for one that stays in the browser."""
    parts = urlsplit(url)
    return "" if parts.scheme in ("data", "blob") else parts.netloc
