"""The pages of development in a real browser: the outbox, and a service worker that shows what is pushed."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from notifications.channels.webpush import payload_of
from notifications.tests.letters import letter_to
from wholexale.tests.live import PASSWORD, ROOT, Server, Stores
from wholexale.tests.test_pages import CHROMIUM, FLAGS, IS_REQUIRED

pytestmark = [
    pytest.mark.live,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None and not IS_REQUIRED, reason="no Chromium: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Server]:
    """Return a server with a runner of work and no provider."""
    with Stores.fresh() as stores, Server.run(stores) as running:
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
def page(browser: Browser, shop: Server, complaints: list[str]) -> Iterator[Page]:
    """Return an empty page that notes every complaint, of a browser that may show notifications."""

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    context = browser.new_context(base_url=shop.url)
    context.grant_permissions(["notifications"], origin=shop.url)
    opened = context.new_page()
    opened.on("console", note)
    yield opened
    context.close()


@pytest.fixture(scope="module")
def caller(shop: Server) -> Iterator[httpx.Client]:
    """Return a client of somebody who has just registered, and whose address is verified."""
    with httpx.Client(base_url=f"{shop.url}/api/", timeout=20) as client:
        person = {"email": "asha@example.com", "password": PASSWORD, "firstName": "Asha", "lastName": "Rao"}
        token = client.post("auth/register", json=person).json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        verify = "from accounts.models import User; User.objects.update(is_email_verified=True)"
        command = [sys.executable, "manage.py", "shell", "-c", verify]
        subprocess.run(command, cwd=ROOT, env=shop.stores.environment, check=True, timeout=60)  # noqa: S603 - ours
        yield client


def until_shown(page: Page, path: str, text: str) -> None:
    """Load a page again until it shows a text."""
    for _ in range(40):
        page.goto(path)
        if page.get_by_text(text).count():
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"{path} does not show {text!r} after ten seconds")


def test_a_mail_lands_in_the_outbox_and_is_played_as_delivered(
    page: Page, caller: httpx.Client, complaints: list[str]
) -> None:
    caller.post("notifications/test", json={"type": "security_alert", "message": "Somebody <b>signed in</b>."})
    until_shown(page, "/dev/outbox?channel=email&q=Somebody", "Test")
    page.locator(".letters a", has_text="Test").first.click()
    mail = page.frame_locator("iframe")
    mail.get_by_text("Somebody <b>signed in</b>.").nth(1).wait_for()
    headline, paper = mail.locator("h1"), mail.locator(".card")
    shown, background = headline.inner_text(), paper.evaluate("node => getComputedStyle(node).backgroundColor")
    page.click("text=Delivered")
    page.wait_for_selector(".state.delivered")

    assert shown == "Test"
    assert background == "rgb(255, 255, 255)"
    assert page.locator(".trace li", has_text="email").last.locator("b").inner_text() == "delivered"
    assert complaints == []


def test_a_link_of_a_mail_opens_beside_it(page: Page, caller: httpx.Client) -> None:
    caller.post("notifications/test", json={"type": "security_alert", "message": "Look at this."})
    until_shown(page, "/dev/outbox?channel=email&q=Look", "Test")
    page.locator(".letters a").first.click()
    page.context.route("http://localhost:3000/**", lambda route: route.fulfill(body="The application"))
    with page.context.expect_page() as opened:
        page.frame_locator("iframe").locator("a.button").click()
    opened.value.wait_for_load_state()

    assert opened.value.url == "http://localhost:3000/"
    assert "/dev/outbox/" in page.url


def test_the_service_worker_shows_what_is_pushed(page: Page, shop: Server, complaints: list[str]) -> None:
    registered: list[Any] = []
    workers = page.context.new_cdp_session(page)
    workers.on("ServiceWorker.workerRegistrationUpdated", lambda told: registered.extend(told["registrations"]))
    page.goto("/dev/push")
    page.evaluate(
        """async () => {
            const registration = await navigator.serviceWorker.register("/static/notifications/worker.js");
            while (!registration.active) await new Promise((go) => setTimeout(go, 20));
        }"""
    )
    workers.send("ServiceWorker.enable")
    page.wait_for_timeout(200)
    letter = letter_to("push", "offer-notification", language="hi", data={"offerId": "o1"})
    pushed = {"origin": shop.url, "registrationId": registered[-1]["registrationId"], "data": payload_of(letter)}
    workers.send("ServiceWorker.deliverPushMessage", pushed)
    workers.send("ServiceWorker.deliverPushMessage", pushed)
    shown = page.evaluate(
        """async () => {
            const registration = await navigator.serviceWorker.getRegistration("/static/notifications/");
            for (let tries = 0; tries < 100; tries += 1) {
                const shown = await registration.getNotifications();
                if (shown.length) return shown.map(({ title, body, tag, data }) => ({ title, body, tag, data }));
                await new Promise((go) => setTimeout(go, 50));
            }
            return [];
        }"""
    )

    assert shown == [
        {
            "title": letter.subject,
            "body": letter.text,
            "tag": str(letter.delivery_id),
            "data": json.loads(payload_of(letter))["data"],
        }
    ]
    assert complaints == []


def test_the_push_page_says_what_went_wrong(page: Page) -> None:
    page.goto("/dev/push")
    page.fill("input[name=email]", "nobody@example.com")
    page.fill("input[name=password]", "not-a-password")
    page.click("text=Sign in and subscribe")
    page.wait_for_selector("#said.bad")

    assert page.locator("#test").is_disabled()
