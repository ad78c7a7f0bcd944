"""Answers that are made while they are sent. A slow reader holds a thread for a while, and never a connection."""

from collections.abc import Iterable, Iterator

from django.db import connection
from django.http import StreamingHttpResponse

PART_BYTES = 65_536
"""The largest part that is sent at once; a reader has a time limit for each."""


def file_stream(
    parts: Iterable[bytes], *, media_type: str, file_name: str, is_shown: bool = False
) -> StreamingHttpResponse:
    """Return an answer that a browser saves as a file, or shows; each part may query the database on its own."""
    response = StreamingHttpResponse(_small(_without_connection(parts)), content_type=media_type)
    response["Content-Disposition"] = f'{"inline" if is_shown else "attachment"}; filename="{file_name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def html_stream(content: bytes, *, file_name: str) -> StreamingHttpResponse:
    """Return a page that a browser shows: its own styles, and nothing else that anything inside it may ask for."""
    response = file_stream([content], media_type="text/html; charset=utf-8", file_name=file_name, is_shown=True)
    response["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return response


def _without_connection(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield each part after the connection that made it was given back."""
    for part in parts:
        if not connection.in_atomic_block:
            connection.close()
        yield part


def _small(parts: Iterable[bytes]) -> Iterator[bytes]:
    for part in parts:
        for start in range(0, len(part), PART_BYTES):
            yield part[start : start + PART_BYTES]
