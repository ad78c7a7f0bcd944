"""Run `manage.py work` with a provider that counts outside of the process: for tests that kill it.

    python -m notifications.tests.counting_work FILE safe|unsafe [arguments of work]

Each call is one line of FILE: the id of the delivery. An id that begins with 0 to 3 takes a little longer, so that
processes are killed in the middle of calls as well.
"""

import os
import sys
import time
from pathlib import Path
from typing import ClassVar


def main() -> None:
    """Run the work."""
    import django  # noqa: PLC0415 - the settings are read when it is set up

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - as above

    from notifications import channels  # noqa: PLC0415 - as above
    from notifications.channels import Letter, Sent  # noqa: PLC0415 - as above

    path, safety, *arguments = sys.argv[1:]
    file = os.open(Path(path), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    class Counting:
        """Writes a line for each call, and is slow now and then."""

        name = "email"
        is_safe_to_repeat: ClassVar[bool] = safety == "safe"

        def send(self, letter: Letter) -> Sent:
            """Count."""
            is_slow = letter.delivery_id.hex[-1] in "0123"
            time.sleep(0.01 * is_slow)
            os.write(file, f"{letter.delivery_id}\n".encode())
            time.sleep(0.01 * is_slow)
            return Sent(provider="counting", provider_id=str(letter.delivery_id))

    channels.of = lambda name: Counting()
    call_command("work", *arguments)


if __name__ == "__main__":
    main()
