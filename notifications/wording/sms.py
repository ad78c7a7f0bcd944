"""One SMS is one segment: 160 characters of the GSM alphabet, or 70 where a character is not in it (3GPP TS 23.038).

A second segment costs as much as the first. So values are spelt in letters that every telephone has, and the longest of
them is cut until all fit.
"""

from collections.abc import Mapping
from string import Formatter

from anyascii import anyascii

_GSM_ROOM = 160
_UCS2_ROOM = 70
_SHORTEST = 8
"""Nothing is cut to less: a code is never cut."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€")
"""Each of these takes the room of two."""


def is_one_segment(text: str) -> bool:
    """Return whether a text goes out as one SMS."""
    if set(text) <= _BASIC | _EXTENDED:
        return len(text) + sum(character in _EXTENDED for character in text) <= _GSM_ROOM
    return len(text.encode("utf-16-le")) // 2 <= _UCS2_ROOM


def fitted(pattern: str, values: Mapping[str, str]) -> str:
    """Fill a pattern so that it makes one segment.

    Raises:
        KeyError: where a value is missing.
        ValueError: where it does not fit although nothing may be cut any more.
    """
    whole = {name: _spelt(values[name]) for _, name, _, _ in Formatter().parse(pattern) if name}
    lengths = {name: len(value) for name, value in whole.items()}
    while not is_one_segment(text := pattern.format_map({name: _cut(whole[name], lengths[name]) for name in whole})):
        longest = max(lengths, key=lengths.__getitem__, default="")
        if lengths.get(longest, 0) <= _SHORTEST:
            raise ValueError(f"does not fit into an SMS: {pattern!r}")
        lengths[longest] -= 1
    return text


def _spelt(value: str) -> str:
    """Return a value in characters of the GSM alphabet, on one line."""
    line = " ".join(value.split())
    return "".join(one if one in _BASIC else anyascii(one).replace("`", "'") for one in line)


def _cut(value: str, length: int) -> str:
    return value if len(value) <= length else f"{value[: length - 2].rstrip()}.."
