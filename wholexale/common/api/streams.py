"""Answers that are made while they are sent. A slow reader holds a thread for a while, and never a connection."""

from collections.abc import Iterable, Iterator

from django.db import connection
from django.http import StreamingHttpResponse

PART_BYTES = 65_536
"""The largest part that is sent at once; a reader has a time limit for each."""


def file_stream(parts: Iterable[bytes], *, media_type: str, file_name: str) -> StreamingHttpResponse:
    """Return an answer that a browser saves as a file; each part may query the database on its own."""
    response = StreamingHttpResponse(_small(_without_connection(parts)), content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
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
