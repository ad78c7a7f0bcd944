"""The pages for people, in a real browser: styled, usable, and nothing blocked by our own headers."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
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
    page.wait_for_load_state("networkidle")  # to leave a page that still loads would be a complaint


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
    last = page.get_by_text("/system/events")
    while not last.count():  # groups are drawn when they come into sight
        page.mouse.wheel(0, 2_000)
        page.wait_for_timeout(50)
    assert complaints == []


def test_staff_see_how_the_ledger_is_and_verify_it(page: Page, shop: Server, complaints: list[str]) -> None:
    sign_in(page, shop)
    page.click("text=Verify now")
    page.wait_for_selector(".messagelist")
    page.wait_for_load_state("networkidle")
    said = page.locator(".messagelist").inner_text()
    page.goto(f"{shop.url}/admin/")
    ledger = page.locator(".tile").first

    assert "The ledger is clean" in said
    assert ledger.locator(".word").inner_text() == "clean"
    assert ledger.locator(".word").evaluate("node => getComputedStyle(node).color") == "rgb(31, 122, 61)"  # green
    assert page.locator(".tile").count() == 10
    assert complaints == []


def test_staff_record_a_repayment_with_a_double_click(page: Page, shop: Server, complaints: list[str]) -> None:
    repayments = f"{shop.url}/admin/finance/ledgertransaction/?kind__exact=repayment"
    sign_in(page, shop)
    page.goto(repayments)
    before = page.locator("#result_list tbody tr").count()
    page.goto(f"{shop.url}/admin/finance/creditline/?q=boutique")
    page.click("#result_list tbody tr:first-child a")
    page.click("text=Record a repayment")
    page.fill("#id_amount", "12.50")
    page.fill("#id_reason", "Paid at the counter")
    page.dblclick(".submit-row input[type=submit]")
    page.wait_for_selector(".messagelist")
    said = page.locator(".messagelist").inner_text()
    page.goto(repayments)

    assert "The repayment of 12.50" in said
    assert page.locator("#result_list tbody tr").count() == before + 1
    assert [one for one in complaints if not one.startswith("failed: ")] == []  # the first click's page is given up


def test_staff_reverse_a_transaction_without_scripts(browser: Browser, shop: Server) -> None:
    page = browser.new_page(java_script_enabled=False)
    sign_in(page, shop)
    page.goto(f"{shop.url}/admin/finance/ledgertransaction/?kind__exact=penalty")
    page.click("#result_list tbody tr:last-child th a")
    number = page.locator("#content h2").first.inner_text()
    page.click("a.staff-action")
    page.click(".submit-row input[type=submit]")
    refused = page.locator(".field-reason .errorlist").inner_text()
    page.fill("#id_reason", "Booked to the wrong business")
    page.click(".submit-row input[type=submit]")
    page.wait_for_selector(".messagelist")

    assert refused == "This field is required."
    assert f"{number} was reversed by TXN-" in page.locator(".messagelist").inner_text()
    assert page.locator("a.staff-action").count() == 0
    page.close()


def test_a_payer_agrees_to_a_payment_on_the_page_of_the_bank(page: Page, shop: Server, complaints: list[str]) -> None:
    with httpx.Client(base_url=f"{shop.url}/api/", timeout=20) as client:
        login = {"email": "buyer@example.com", "password": "wholexale-demo"}
        client.headers["Authorization"] = f"Bearer {client.post('auth/login', json=login).json()['token']}"
        invoices = client.get("finance/invoices?role=buyer&status=overdue&currency=INR").json()["invoices"]
        wanted = {"invoiceId": invoices[0]["id"], "method": "upi", "amount": 10.02, "confirm": True}
        path = f"finance/payments/{client.post('finance/payments', json=wanted).json()['payment']['id']}"
        page.goto(until(client, path, "clientAction")["url"])
        page.click("text=Agree")
        page.wait_for_selector("text=Thank you")

        assert page.locator(".amount").inner_text() == "10.02 INR"
        assert until(client, path, "capturedAt") is not None
    assert complaints == []


def until(client: httpx.Client, path: str, name: str) -> Any:
    """Return a value of a payment as soon as it has one."""
    for _ in range(100):
        if value := client.get(path).json()["payment"].get(name):
            return value
        time.sleep(0.1)
    raise AssertionError(f"the payment has no {name} after ten seconds")
