"""Run `manage.py work` with the provider that counts.

python -m notifications.tests.counting_work
"""

import django


def main() -> None:
    """Run the work."""
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - the apps must be set up

    from notifications.tests.counting import count_calls  # noqa: PLC0415 - as above

    count_calls()
    call_command("work")


if __name__ == "__main__":
    main()
