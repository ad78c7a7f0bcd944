"""From a commit to a broker, on a thread of its own: nobody who commits waits for a broker."""

import logging
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue

from django.utils import timezone
from pybreaker import CircuitBreaker, CircuitBreakerError

from wholexale.common.models import WorkRow
from wholexale.common.work import nudges
from wholexale.common.work.outcomes import describe

logger = logging.getLogger(__name__)

MOST_HINTS = 10_000
"""How many may wait to be sent."""

FAILURES = 2
"""After so many in a row the broker is left alone for `REST_SECONDS`; then one hint tries whether it is back."""

REST_SECONDS = 2.0

Hint = tuple[str, str]
"""The label of a model and the id of a row."""


class Publisher:
    """Tells a broker which rows have become due, from `start` to `stop`.

    What is told is a hint. One that is not sent, as the broker does not answer or too many wait, is dropped: whoever
    looks for what is due finds the row.
    """

    def __init__(self, publish: Callable[[str, str], object]) -> None:
        """Start nothing yet. `publish` sends a hint, in bounded time, and raises whatever it likes."""
        self._publish = publish
        self._breaker = CircuitBreaker(FAILURES, REST_SECONDS, throw_new_error_on_trip=False)
        self._hints: SimpleQueue[Hint | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread; later calls do nothing, also after `stop`."""
        with self._lock:
            if self._thread is not None:
                return
            self._thread = threading.Thread(target=self._live, name="publisher", daemon=True)
            self._thread.start()
        nudges.listen(self.hear)

    def hear(self, rows: Sequence[WorkRow]) -> None:
        """Take down which of these rows are due, without waiting."""
        now = timezone.now()
        for row in rows:
            if row.run_at <= now and self._hints.qsize() < MOST_HINTS:
                self._hints.put((row._meta.label, str(row.pk)))

    def stop(self, seconds: float) -> bool:
        """Send what waits, for at most so long; return whether all was sent or dropped."""
        nudges.stop_listening(self.hear)
        self._hints.put(None)
        if self._thread is None:
            return True
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _live(self) -> None:
        while (hint := self._hints.get()) is not None:
            self._send(hint)

    def _send(self, hint: Hint) -> None:
        try:
            self._breaker.call(self._publish, *hint)
        except CircuitBreakerError:
            pass  # not even tried
        except Exception as error:  # noqa: BLE001 - whatever the broker's client raises, it was not told
            logger.warning("the broker could not be told of %s %s: %s", *hint, describe(error))
