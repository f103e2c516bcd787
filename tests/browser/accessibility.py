"""What axe-core finds on a page: assert_accessible(page)."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Streamlit's own parts that a page cannot change: the rule, where it is broken, and why it stays.
STREAMLIT: dict[tuple[str, str], str] = {}
_GRAVE = ("serious", "critical")


def assert_accessible(page: Page) -> None:
    """Fail with each rule that the page breaks seriously, and the elements that break it."""
    found = Axe().run(page).response["violations"]
    broken = [
        f"{rule['id']} ({rule['impact']}): {node['html'][:300]}\n    {node['failureSummary']}"
        for rule in found
        if rule["impact"] in _GRAVE
        for node in rule["nodes"]
        if not _is_streamlit(rule["id"], " ".join(map(str, node["target"])))
    ]
    assert not broken, "\n".join([page.url, *broken])


def _is_streamlit(rule: str, target: str) -> bool:
    return any(rule == known and part in target for known, part in STREAMLIT)
