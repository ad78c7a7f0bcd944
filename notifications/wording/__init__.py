"""What people are told, in each language, as data: the same templates everywhere, with the same values."""

from collections.abc import Mapping
from types import ModuleType

from notifications.wording import en, hi
from notifications.wording.words import Frame, Leaving, Words

__all__ = [
    "LANGUAGES",
    "TEMPLATES",
    "Frame",
    "Leaving",
    "Words",
    "frame",
    "language_of",
    "leaving",
    "type_name",
    "words",
]

LANGUAGES: Mapping[str, ModuleType] = {"en": en, "hi": hi}
TEMPLATES = tuple(en.WORDS)


def language_of(preferred: str) -> str:
    """Return the language that somebody is told things in, given a tag such as `hi-IN`; English where there is none."""
    language = preferred.partition("-")[0].lower()
    return language if language in LANGUAGES else "en"


def words(template: str, language: str) -> Words:
    """Return the wording of a template.

    Raises:
        KeyError: where there is no such template, or no such language.
    """
    found: Words = LANGUAGES[language].WORDS[template]
    return found


def frame(language: str) -> Frame:
    """Return what every mail of a language says.

    Raises:
        KeyError: where there is no such language.
    """
    found: Frame = LANGUAGES[language].FRAME
    return found


def leaving(language: str) -> Leaving:
    """Return what the page says on which mails are turned off.

    Raises:
        KeyError: where there is no such language.
    """
    found: Leaving = LANGUAGES[language].LEAVING
    return found


def type_name(type: str, language: str) -> str:  # noqa: A002 - the word of the contract
    """Return how a type of notification is called.

    Raises:
        KeyError: where there is no such type, or no such language.
    """
    return str(LANGUAGES[language].TYPES[type])
