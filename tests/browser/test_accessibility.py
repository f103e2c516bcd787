"""The check itself: it sees what it should see."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.accessibility import assert_accessible

pytestmark = pytest.mark.browser

_SOUND = '<html lang="en"><title>A page</title><main><h1>A page</h1>{}</main></html>'


def test_what_a_screen_reader_cannot_name_is_found(browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.set_content(_SOUND.format("<p>Text</p>"))
    assert_accessible(page)
    page.set_content(_SOUND.format("<button></button>"))
    with pytest.raises(AssertionError, match="button-name"):
        assert_accessible(page)
    context.close()
