"""The keeper's page in a browser: one server over a folder and an index of its own."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Visit, served
from treatment_search import keeping

pytestmark = [pytest.mark.browser, pytest.mark.real_model]

MUD = b"""# Mud packs for heel spur

## How it is done

A warm mud pack is laid on the sore heel for twenty minutes. Then the mud is washed off.
"""
EVERYWHERE = "0.0.0.0"  # noqa: S104  asked over 127.0.0.1 alone
SECRETS = """[auth]
redirect_uri = "http://localhost:8501/oauth2callback"
cookie_secret = "made up for this test"
client_id = "test"
client_secret = "test"
server_metadata_url = "http://127.0.0.1:9/.well-known/openid-configuration"
"""
UPDATED = "Nothing has changed. The search has the files as they are."


@pytest.fixture(scope="module")
def folder(starter_articles: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the starter articles that a test may change, and puts right again."""
    return shutil.copytree(starter_articles, tmp_path_factory.mktemp("kept") / "corpus")


@pytest.fixture(scope="module")
def kept(folder: Path, real_index: Path) -> Iterator[str]:
    """The address of a page over those articles."""
    index = shutil.copytree(real_index, folder.with_name("index"))
    with served(index, folder) as address:
        yield address


def dropped(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def add(page: Page, *files: FilePayload) -> None:
    page.locator("input[type=file]").set_input_files(list(files))
    word = "file" if len(files) == 1 else "files"
    page.get_by_role("button", name=f"Add {len(files)} {word}", exact=True).click()


def delete(page: Page, *names: str) -> None:
    for name in names:
        page.locator(".stCheckbox").filter(has_text=name).click()
    word = "file" if len(names) == 1 else "files"
    page.get_by_role("button", name=f"Delete {len(names)} {word}", exact=True).click()
    expect(page.get_by_role("heading", name=f"{len(names)} {word} deleted")).to_be_visible()


def preview(page: Page) -> None:
    page.get_by_role("button", name="What would happen").click()
    expect(page.get_by_role("heading", name="What would happen")).to_be_visible()


def update(page: Page) -> None:
    page.get_by_role("button", name="Update the search").click()
    expect(page.get_by_text(UPDATED)).to_be_visible(timeout=120_000)
    expect(page.get_by_role("heading", name="The search is up to date")).to_be_visible()


def titles(visit: Visit, kept: str, question: str) -> list[str]:
    page = visit(f"{kept}?q={question.replace(' ', '+')}")
    expect(page.locator("[role=status]").first).to_be_visible()
    expect(page.locator(".ts-hit h3, .ts-notice h2").first).to_be_visible()
    return page.locator(".ts-hit h3").all_inner_texts()


def test_a_file_is_added_looked_at_ingested_and_found(
    kept: str, folder: Path, visit: Visit
) -> None:
    page = visit(f"{kept}collection", width=1280, height=900)
    expect(page.get_by_text(UPDATED)).to_be_visible()
    add(page, dropped("mud.md", MUD))
    expect(page.get_by_role("heading", name="1 file added")).to_be_visible()
    assert (folder / "mud.md").read_bytes() == MUD
    expect(page.get_by_text("1 new. The search does not know of it yet.")).to_be_visible()
    preview(page)
    expect(page.locator(".ts-counts .ts-some")).to_have_text(["1 added", "5 unchanged"])
    expect(page.get_by_text("Nothing has been changed yet.")).to_be_visible()
    update(page)
    expect(page.locator(".ts-states li")).to_have_count(2)
    assert titles(visit, kept, "warm mud pack on the heel")[0] == "Mud packs for heel spur"


def test_a_deleted_file_comes_back_with_undo(kept: str, folder: Path, visit: Visit) -> None:
    page = visit(f"{kept}collection", width=360, height=740)
    before = (folder / "stretching.md").read_bytes()
    expect(page.get_by_role("checkbox", name="stretching.md", exact=True)).to_have_count(1)
    delete(page, "stretching.md")
    assert not (folder / "stretching.md").exists()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="1 file put back")).to_be_visible()
    expect(page.get_by_text(UPDATED)).to_be_visible()
    assert (folder / "stretching.md").read_bytes() == before
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_many_gone_are_asked_about_leave_the_search_and_come_back_with_a_rollback(
    kept: str, folder: Path, visit: Visit
) -> None:
    question = "who should not have tape on the foot"
    taped = "Taping the foot for heel spur and plantar fasciitis"
    assert taped in titles(visit, kept, question)
    page = visit(f"{kept}collection")
    delete(page, "taping.md", "gout.md")
    page.get_by_role("button", name="Update the search").click()
    asked = page.get_by_role("heading", name="2 articles are gone. Remove them from the search?")
    expect(asked).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Remove them", exact=True).click()
    expect(page.get_by_text(UPDATED)).to_be_visible(timeout=120_000)
    assert taped not in titles(visit, kept, question)

    page.get_by_role("button", name="Go back to the state before").click()
    page.get_by_role("dialog").get_by_role("button", name="Go back", exact=True).click()
    expect(page.get_by_role("heading", name="An earlier state answers now")).to_be_visible()
    assert taped in titles(visit, kept, question)
    expect(page.get_by_text("2 gone. The search does not know of it yet.")).to_be_visible()
    page.get_by_text("Trash", exact=True).click()
    for name in ("taping.md", "gout.md"):
        page.get_by_role("button", name=f"Put back {name}").click()
        expect(page.get_by_role("button", name=f"Put back {name}")).to_have_count(0)
        assert (folder / name).exists()
    expect(page.get_by_text(UPDATED)).to_be_visible()


def test_a_refused_name_and_a_broken_file_are_named(kept: str, folder: Path, visit: Visit) -> None:
    page = visit(f"{kept}collection")
    add(page, dropped("nul.md", MUD), dropped("broken.pdf", b"%PDF-1.4 and no more"))
    expect(page.get_by_role("heading", name="1 file added, 1 not")).to_be_visible()
    expect(page.get_by_text("is one that Windows keeps for itself")).to_be_visible()
    assert not (folder / "nul.md").exists()
    preview(page)
    expect(page.get_by_text("broken.pdf: broken: not a PDF")).to_be_visible()
    delete(page, "broken.pdf")


def test_a_file_is_replaced_only_after_asking(kept: str, folder: Path, visit: Visit) -> None:
    page = visit(f"{kept}collection")
    before = (folder / "gout.md").read_bytes()
    add(page, dropped("gout.md", MUD))
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("gout.md")).to_be_visible()
    dialog.get_by_role("button", name="Keep the old ones").click()
    expect(dialog).to_have_count(0)
    assert (folder / "gout.md").read_bytes() == before
    add(page, dropped("gout.md", MUD))
    dialog.get_by_role("button", name="Replace them").click()
    expect(page.get_by_role("heading", name="1 file replaced")).to_be_visible()
    assert (folder / "gout.md").read_bytes() == MUD
    expect(page.get_by_text("1 changed. The search does not know of it yet.")).to_be_visible()
    replaced = keeping.trashed(folder)[0]
    assert (keeping.trash_of(folder) / str(replaced.number) / "gout.md").read_bytes() == before

    page.get_by_text("Trash", exact=True).click()
    page.get_by_role("button", name="Empty the trash").click()
    dialog.get_by_role("button", name="Remove for good").click()
    expect(page.get_by_role("heading", name="removed for good")).to_be_visible()
    assert keeping.trashed(folder) == []
    (folder / "gout.md").write_bytes(before)


def test_files_are_found_by_title_and_a_hostile_name_is_text(
    kept: str, folder: Path, visit: Visit
) -> None:
    name = "<img src=x onerror=alert(1)> **b** $x$ :smile: [a](javascript:x).md"
    (folder / name).write_bytes(MUD)
    page = visit(f"{kept}collection")
    expect(page.locator(".stCheckbox").filter(has_text=name)).to_have_count(1)
    box = page.get_by_label("Find a file or a title")
    box.fill("needling spur")
    box.press("Enter")
    expect(page.locator(".st-key-files").get_by_role("checkbox")).to_have_count(1)
    expect(page).to_have_url(re.compile("find=needling"))
    page.go_back()
    delete(page, name)


def test_many_files_are_shown_some_at_a_time(kept: str, folder: Path, visit: Visit) -> None:
    more = [folder / f"more-{number:02}.md" for number in range(30)]
    for path in more:
        path.write_bytes(MUD)
    count = sum(1 for path in folder.iterdir())
    page = visit(f"{kept}collection", width=360, height=740)
    expect(page.get_by_text(f"Files 1 to 25 of {count}")).to_be_visible()
    page.get_by_role("button", name="More files").click()
    expect(page.get_by_text(f"Files 26 to {count} of {count}")).to_be_visible()
    expect(page).to_have_url(re.compile(r"collection\?from=25$"))
    expect(page.locator(".st-key-files .stCheckbox")).to_have_count(count - 25)
    page.go_back()
    expect(page.get_by_text(f"Files 1 to 25 of {count}")).to_be_visible()
    for path in more:
        path.unlink()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_keeps_people_out(kept: str, browser: Browser, theme: str) -> None:
    context = browser.new_context(color_scheme="dark" if theme == "dark" else "light")
    page = context.new_page()
    page.goto(f"{kept}collection")
    preview(page)
    expect(page.locator(".ts-foot")).to_be_visible()
    page.wait_for_timeout(500)  # the page fades its last state out, which axe reads as pale text
    assert_accessible(page)
    context.close()


@pytest.mark.parametrize("is_set_up", [False, True])
def test_a_server_that_others_reach_shows_no_way_to_change_anything(
    starter_articles: Path, real_index: Path, tmp_path: Path, visit: Visit, is_set_up: bool
) -> None:
    secrets = tmp_path / "secrets.toml"
    if is_set_up:
        secrets.write_text(SECRETS, "utf-8")
    options = ("--server.address", EVERYWHERE, "--secrets.files", str(secrets))
    with served(real_index, starter_articles, *options) as address:
        page = visit(f"{address}collection")
        said = "This page is for keepers" if is_set_up else "This page is off on this server"
        expect(page.get_by_role("heading", name=said)).to_be_visible()
        expect(page.get_by_role("button", name="Sign in")).to_have_count(int(is_set_up))
        expect(page.locator(".ts-foot")).to_be_visible()
        assert page.locator("input[type=file]").count() == 0
        assert page.get_by_role("button", name="Update the search").count() == 0
        expect(page.get_by_role("link", name="Collection")).to_have_count(int(is_set_up))
