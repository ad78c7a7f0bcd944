"""Celery's app with the provider that counts."""

import wholexale.celery
from notifications.tests.counting import count_calls

app = wholexale.celery.app
count_calls()
