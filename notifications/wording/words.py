"""How the wording of a message is written down."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What one kind of message says in one language. Names in braces are values, which are strings ready to be shown.

    Args:
        title: in the app, and what a push shows; it names nobody, for telephones show it to everybody.
        message: in the app, and where nothing else is said.
        push: the line below the title of a push; it names nobody.
        subject: of the mail; the title without one.
        mail: paragraphs of the mail; the message without any.
        facts: lines of a small table in the mail; a line whose value is missing or empty is left out.
        action: what stands on the button, which leads to the value `link`.
        note: small print of the mail.
        sms: one segment at most, see `notifications.rendering.sms`; empty where English is sent.
        tone: whether it is good news or bad, which the mail shows by a colour.
    """

    title: str
    message: str
    push: str
    subject: str = ""
    mail: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    action: str = ""
    note: str = ""
    sms: str = ""
    tone: Literal["", "good", "bad"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What every mail says around its message."""

    greeting: str
    greeting_nobody: str
    code: str
    link: str
    quote: str
    footer: str
    unsubscribe: str
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """What the page says that a mail's link to unsubscribe leads to; `{type}` is the type's name."""

    title: str
    question: str
    button: str
    done: str
    back: str
