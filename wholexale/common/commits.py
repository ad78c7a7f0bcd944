"""What is done once a transaction has committed."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from django.db import transaction

P = ParamSpec("P")


def after_commit(function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """Call a function once the surrounding transaction has committed; at once where there is none.

    A call that fails is logged by its name, undoes nothing, and keeps no other call of that commit from being made.
    Django cannot name a `functools.partial`: it raises AttributeError where such a one fails.
    """

    @wraps(function)
    def call() -> None:
        function(*args, **kwargs)

    transaction.on_commit(call, robust=True)
