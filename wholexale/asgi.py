"""The entry point of ASGI servers."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wholexale.settings")
django.setup(set_prefix=False)

from wholexale.server import build_application  # noqa: E402 - the apps can be imported only after the set-up

application = build_application()
