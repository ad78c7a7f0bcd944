"""What people are told: every template, in both languages, by every channel."""

import re
from html.parser import HTMLParser
from string import Formatter

import pytest

from notifications import rendering
from notifications.models import Type
from notifications.tests.letters import CODE, EVERY_TEMPLATE, EVIL, SECRET_LINK, letter_to, usual_values, worst_values
from notifications.wording import LANGUAGES, TEMPLATES, Words, language_of, words
from notifications.wording.sms import fitted, is_one_segment

pytestmark = pytest.mark.once

OF_THE_OLD_BACKEND = {
    "email-verification", "password-reset", "offer-notification", "otp", "welcome", "payment-success", "payment-failed",
    "credit-added", "login-alert", "order-update", "system-update", "generic", "digest",
}  # fmt: skip


class Page(HTMLParser):
    """Reads a mail as a browser would: its tags, and what is shown."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.is_hidden = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.is_hidden = tag == "style"
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += "" if self.is_hidden else data


def placeholders(said: Words) -> set[str]:
    """Return the names of values that a wording shows, but for those of an SMS that is sent in English."""
    parts = [said.title, said.message, said.subject, *said.mail, *(value for _, value in said.facts)]
    return {name for part in parts for _, name, _, _ in Formatter().parse(part) if name}


def test_every_template_of_the_old_backend_is_there() -> None:
    assert set(TEMPLATES) >= OF_THE_OLD_BACKEND
    assert {one.partition(".")[2] for one in TEMPLATES if one.startswith("offer-response.")} == {
        "accepted", "rejected", "countered", "withdrawn", "expired",
    }  # fmt: skip


@pytest.mark.parametrize("template", TEMPLATES)
def test_both_languages_show_the_same_values(template: str) -> None:
    english, hindi = words(template, "en"), words(template, "hi")

    assert placeholders(english) == placeholders(hindi)
    assert (english.action == "") == (hindi.action == "")
    assert len(english.facts) == len(hindi.facts)
    assert english.tone == hindi.tone
    assert english.title != hindi.title or english.title.startswith("{")


def test_both_languages_name_every_type() -> None:
    for language in LANGUAGES.values():
        assert set(language.TYPES) == set(Type.values) | {"digest"}


@pytest.mark.parametrize(("template", "language"), EVERY_TEMPLATE)
@pytest.mark.parametrize("values", [usual_values(), worst_values()], ids=["usual", "worst"])
def test_a_mail_is_whole_and_safe(template: str, language: str, values: dict[str, str]) -> None:
    mail = letter_to("email", template, language=language, values=values, unsubscribe_url="https://a.test/u")
    page = Page(mail.html)

    assert mail.language == language
    assert mail.subject.strip()
    assert len(mail.subject) <= 150
    assert "\n" not in mail.subject
    assert not re.search(r"\{\w*\}|\{\{|\{%|None", mail.subject + mail.text + page.text)
    assert "script" not in page.tags
    assert mail.html.count("<html") == page.tags.count("html") == 1
    assert "style=" in mail.html
    assert "&lt;script&gt;" in mail.html or EVIL not in "".join(map(str, values.values()))
    assert "https://a.test/u" in page.links
    assert "https://a.test/u" in mail.text
    assert page.text.strip().startswith(mail.subject.split("\n", maxsplit=1)[0][:20])


@pytest.mark.parametrize(("template", "language"), EVERY_TEMPLATE)
@pytest.mark.parametrize("values", [usual_values(), worst_values()], ids=["usual", "worst"])
def test_an_sms_is_one_segment(template: str, language: str, values: dict[str, str]) -> None:
    sms = letter_to("sms", template, language=language, values=values)

    assert sms.text.startswith(("Wholexale: ", "Welcome to Wholexale!"))
    assert is_one_segment(sms.text)
    assert "{" not in sms.text.replace(EVIL, "")
    assert ("{code}" not in words(template, "en").sms) or CODE in sms.text


@pytest.mark.parametrize(("template", "language"), EVERY_TEMPLATE)
def test_a_push_names_nobody(template: str, language: str) -> None:
    push = letter_to("push", template, language=language, values={"title": "Title"})
    private = {
        value for name, value in usual_values().items() if isinstance(value, str) and name not in {"title", "status"}
    }

    assert push.text == words(template, language).push
    assert not any(value in f"{push.subject} {push.text}" for value in private if len(value) > 3)
    assert push.data == {"link": "http://localhost:3000/offers/018f0000-0000-7000-8000-000000000001"}


@pytest.mark.parametrize(("template", "language"), EVERY_TEMPLATE)
def test_what_stands_in_the_app_fits(template: str, language: str) -> None:
    notice = rendering.notice(template=template, language=language, values=worst_values())

    assert 0 < len(notice.title) <= 100
    assert 0 < len(notice.message) <= 500


def test_a_secret_link_is_in_the_mail_and_in_no_push() -> None:
    mail = letter_to("email", "password-reset", values={"link": SECRET_LINK})
    push = letter_to("push", "password-reset", values={"link": SECRET_LINK})

    assert SECRET_LINK in mail.text
    assert SECRET_LINK in Page(mail.html).links
    assert push.data == {}


def test_a_fact_without_a_value_is_left_out() -> None:
    mail = letter_to("email", "payment-success", values={"invoice": "", "date": ""})

    assert "Invoice" not in mail.text
    assert "Payment: PAY-2026-000123" in mail.text


def test_a_missing_value_of_a_sentence_is_a_fault() -> None:
    with pytest.raises(KeyError, match="sender"):
        rendering.notice(template="offer-notification", language="en", values={"price": "1"})


def test_a_digest_lists_its_items_and_counts_the_others() -> None:
    mail = letter_to("email", "digest", values={"count": "5"})

    assert "New offer" in mail.text
    assert "Mehta Textiles offers INR 450.00." in Page(mail.html).text
    assert "and 4 more" in mail.text
    assert "http://localhost:3000/offers/1" in Page(mail.html).links


def test_a_hindi_code_is_sent_in_hindi_and_the_rest_in_english() -> None:
    assert letter_to("sms", "otp", language="hi").text == f"Wholexale: आपका कोड {CODE}, 10 मिनट तक। किसी को न बताएँ।"
    assert letter_to("sms", "credit-added", language="hi").text.startswith("Wholexale: INR 2,25,000.00 added")


def test_names_in_other_scripts_are_spelt_out_for_sms() -> None:
    sms = letter_to("sms", "offer-response.rejected", values={"sender": "मुंबई ट्रेडर्स", "product": "Łódź “silk” ₹"})

    assert sms.text == 'Wholexale: mumbi tredrs rejected the offer for Lodz "silk" Rs.'


@pytest.mark.parametrize(
    ("text", "fits"),
    [("a" * 160, True), ("a" * 161, False), ("€" * 80, True), ("€" * 81, False), ("अ" * 70, True), ("अ" * 71, False),
     ("😀" * 35, True), ("😀" * 36, False)],
)  # fmt: skip
def test_a_segment_has_its_size_by_its_alphabet(text: str, *, fits: bool) -> None:
    assert is_one_segment(text) is fits


def test_the_longest_value_is_cut_and_the_others_stay() -> None:
    text = fitted("{who} pays {amount}", {"who": "x" * 500, "amount": "INR 1,000.00"})

    assert len(text) == 160
    assert text.endswith("x.. pays INR 1,000.00")


def test_what_can_never_fit_is_said() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        fitted("y" * 200 + "{who}", {"who": "x"})


@pytest.mark.parametrize(
    ("tag", "language"), [("hi", "hi"), ("hi-IN", "hi"), ("en-GB", "en"), ("ta", "en"), ("", "en")]
)
def test_who_prefers_a_language_that_we_lack_is_told_in_english(tag: str, language: str) -> None:
    assert language_of(tag) == language
