"""A provider that counts outside of the process: for tests that kill processes which deliver.

Each call is one line of the file that `COUNTING_FILE` names: the id of the delivery. An id that ends with 0 to 3 takes
a little longer, so that processes are killed in the middle of calls as well. `COUNTING_MODE` is `safe` or `unsafe` to
repeat; or `poison`, which is safe, and kills the process for whoever's address begins with that word.
"""

import os
import signal
import time
from typing import ClassVar

from notifications import channels
from notifications.channels import Letter, Sent

POISON = "poison"


def count_calls() -> None:
    """Give every delivery of this process to the provider that counts."""
    file = os.open(os.environ["COUNTING_FILE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    mode = os.environ["COUNTING_MODE"]

    class Counting:
        """Writes a line for each call, and is slow now and then."""

        name = "email"
        is_safe_to_repeat: ClassVar[bool] = mode != "unsafe"

        def send(self, letter: Letter) -> Sent:
            """Count."""
            is_slow = letter.delivery_id.hex[-1] in "0123"
            time.sleep(0.01 * is_slow)
            os.write(file, f"{letter.delivery_id}\n".encode())
            if mode == POISON and letter.to.startswith(POISON):
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(0.01 * is_slow)
            return Sent(provider="counting", provider_id=str(letter.delivery_id))

    channels.of = lambda name: Counting()
