"""What is answered: always what the endpoint speaks, whatever the `Accept` header asks for."""

from collections.abc import Iterable

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class AnswerAnyway(DefaultContentNegotiation):
    """Choose as DRF does, and the first renderer where it would refuse: a download asks for `text/csv`."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer and its media type."""
        known = list(renderers)
        chosen: tuple[BaseRenderer, str]
        try:
            chosen = super().select_renderer(request, known, format_suffix)
        except NotAcceptable:
            chosen = known[0], str(known[0].media_type)
        return chosen
