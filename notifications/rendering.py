"""From a template and its values to what people read: the words of the app, a mail, an SMS, a push.

A template names the same message everywhere. Values are strings, ready to be shown, but for `items` of a digest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import css_inline
from django.conf import settings
from django.template.loader import render_to_string

from notifications import wording
from notifications.channels import Letter
from notifications.wording import Words
from notifications.wording.sms import fitted

TITLE_LENGTH = 100
MESSAGE_LENGTH = 500
_SUBJECT_LENGTH = 150
_QUOTE_LENGTH = 1000

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What stands in the app."""

    title: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of a digest."""

    title: str
    message: str
    link: str = ""


def notice(*, template: str, language: str, values: Values) -> Notice:
    """Return the words of the app.

    Raises:
        KeyError: where there is no such template, or a value is missing.
    """
    said = wording.words(template, wording.language_of(language))
    title, message = said.title.format_map(values), said.message.format_map(values)
    return Notice(title=shortened(title, TITLE_LENGTH), message=shortened(message, MESSAGE_LENGTH))


def letter(
    *,
    channel: str,
    delivery_id: UUID,
    user_id: UUID,
    to: str,
    type: str,  # noqa: A002 - the word of the contract
    language: str,
    template: str,
    values: Values,
    thread_id: str = "",
    unsubscribe_url: str = "",
    urgency: str = "normal",
    ttl: int = 86_400,
    data: Mapping[str, str] | None = None,
) -> Letter:
    """Return a message as a channel sends it, in one of the languages that there are.

    Raises:
        KeyError: where there is no such channel or template, or a value is missing.
    """
    language = wording.language_of(language)
    render = {"email": _mail, "sms": _sms, "push": _push}[channel]
    return Letter(
        delivery_id=delivery_id,
        user_id=user_id,
        to=to,
        type=type,
        language=language,
        thread_id=thread_id,
        unsubscribe_url=unsubscribe_url,
        urgency=urgency,
        ttl=ttl,
        data={**(data or {}), **_to_open(channel, values)},
        **render(template, language, values, unsubscribe_url),
    )


def absolute(link: str) -> str:
    """Return the address of a page of the browser application, given its path; a whole address stays as it is."""
    if not link.startswith("/"):
        return link
    origin = next((url for url in settings.FRONTEND_URLS if url != "*"), settings.BASE_URL)
    return f"{origin}{link}"


def shortened(text: str, length: int) -> str:
    """Return a text on one line, cut where it is longer than so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"


def _to_open(channel: str, values: Values) -> dict[str, str]:
    """Return what opens a push: a page of our own, never the address of a mail, which may be a secret."""
    link = values.get("link", "")
    return {"link": absolute(link)} if channel == "push" and link.startswith("/") else {}


def _mail(template: str, language: str, values: Values, unsubscribe_url: str) -> dict[str, str]:
    said, around = wording.words(template, language), wording.frame(language)
    name = shortened(values.get("name", ""), TITLE_LENGTH)
    context = {
        "language": language,
        "words": said,
        "frame": around,
        "subject": shortened((said.subject or said.title).format_map(values), _SUBJECT_LENGTH),
        "title": said.title.format_map(values),
        "greeting": around.greeting.format(name=name) if name else around.greeting_nobody,
        "paragraphs": [line.format_map(values) for line in said.mail or (said.message,)],
        "facts": _facts(said, values),
        "code": values.get("code", ""),
        "quote": shortened(values.get("quote", ""), _QUOTE_LENGTH),
        "link": absolute(values.get("link", "")) if said.action else "",
        "unsubscribe_url": unsubscribe_url,
        **_items(values, around),
    }
    html = _inliner().inline(render_to_string("mail/letter.html", context))
    return {"subject": context["subject"], "text": render_to_string("mail/letter.txt", context).strip(), "html": html}


def _items(values: Values, around: wording.Frame) -> dict[str, Any]:
    """Return the lines of a digest, and how many more there were."""
    given: Sequence[Item] = values.get("items", ())
    shown = [Item(title=one.title, message=one.message, link=absolute(one.link)) for one in given]
    left = int(values.get("count", 0)) - len(given) if given else 0
    return {"items": shown, "more": around.more.format(count=left) if left > 0 else ""}


def _facts(said: Words, values: Values) -> list[tuple[str, str]]:
    """Return the lines of the table for which there is something to say."""
    present = _Lenient(values)
    lines = ((label, pattern.format_map(present)) for label, pattern in said.facts)
    return [(label, value) for label, value in lines if value]


class _Lenient(dict[str, Any]):
    """Values, of which some may be missing."""

    def __missing__(self, key: str) -> str:
        return ""


def _sms(template: str, language: str, values: Values, _unsubscribe_url: str) -> dict[str, str]:
    said = wording.words(template, language)
    pattern = said.sms or wording.words(template, "en").sms
    return {"text": fitted(pattern, {name: str(value) for name, value in values.items()})}


def _push(template: str, language: str, values: Values, _unsubscribe_url: str) -> dict[str, str]:
    said = wording.words(template, language)
    return {"subject": shortened(said.title.format_map(values), TITLE_LENGTH), "text": said.push}


@cache
def _inliner() -> css_inline.CSSInliner:
    """Return what writes the styles of a mail into its tags, and fetches nothing; rules for phones and dark stay."""
    return css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
