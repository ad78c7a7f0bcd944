"""What providers are answered."""

from wholexale.common.wire import Wire


class Heard(Wire, kw_only=True):
    """A webhook was heard."""

    received: bool = True
