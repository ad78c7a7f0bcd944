"""The pages for people, in a real browser: styled, usable, and nothing blocked by our own headers."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from wholexale.tests.live import ROOT, Server, Stores

CHROMIUM = shutil.which("chromium")
IS_REQUIRED = bool(os.environ.get("LANES_REQUIRED") or os.environ.get("CI"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.live,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None and not IS_REQUIRED, reason="no Chromium: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Server]:
    """Return a server with the demo marketplace."""
    with Stores.fresh() as stores:
        seed = [sys.executable, "manage.py", "seed"]
        subprocess.run(seed, cwd=ROOT, env=stores.environment, check=True, timeout=120)  # noqa: S603 - our own command
        with Server.run(stores) as running:
            yield running


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Return a headless Chromium."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def complaints() -> list[str]:
    """Return what the browser complained about."""
    return []


@pytest.fixture
def page(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    """Return an empty page that notes every complaint but that about a missing icon."""

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "favicon" not in message.location.get("url", ""):
            complaints.append(message.text)

    def note_failure(request: Request) -> None:
        complaints.append(f"failed: {request.url}")

    opened = browser.new_page()
    opened.on("console", note)
    opened.on("requestfailed", note_failure)
    yield opened
    opened.close()


def sign_in(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/admin/")
    page.fill("#id_username", "staff@example.com")
    page.fill("#id_password", "wholexale-demo")
    page.click("input[type=submit]")
    page.wait_for_selector("#user-tools")


def test_staff_sign_in_and_find_a_conversation(page: Page, shop: Server, complaints: list[str]) -> None:
    sign_in(page, shop)
    header = page.locator("#header")
    page.goto(f"{shop.url}/admin/chat/conversation/?q=buyer@example.com")
    rows = page.locator("#result_list tbody tr").count()
    page.click("#result_list tbody tr:first-child a")
    page.wait_for_selector("text=Participants")

    assert header.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(65, 118, 144)"  # admin's own CSS
    assert rows >= 2
    assert page.locator("text=buyer@example.com").count() >= 1
    assert complaints == []


def test_staff_suspend_somebody_from_the_list(page: Page, shop: Server, complaints: list[str]) -> None:
    sign_in(page, shop)
    page.goto(f"{shop.url}/admin/accounts/user/?q=colleague@example.com")
    page.check("#result_list tbody tr:first-child input.action-select")
    page.select_option("select[name=action]", "suspend")
    page.click("button[name=index]")
    page.wait_for_selector(".messagelist")

    assert "1 accounts are now suspended" in page.locator(".messagelist").inner_text()
    assert complaints == []


def test_the_documentation_lists_and_opens_operations(page: Page, shop: Server, complaints: list[str]) -> None:
    page.goto(f"{shop.url}/")
    page.wait_for_selector(".opblock")
    page.get_by_text("/auth/login").first.click()
    page.wait_for_selector(".opblock-body")

    assert page.url.partition("#")[0].endswith("/api/docs")
    assert page.locator(".opblock").count() > 30
    assert complaints == []
