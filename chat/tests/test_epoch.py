"""`manage.py renew_epoch`."""

from io import StringIO

import pytest
from django.core.management import call_command

from chat import selectors
from chat.models import LogEpoch

pytestmark = pytest.mark.django_db


def test_the_epoch_stays_until_it_is_renewed() -> None:
    first = selectors.current_epoch()
    assert selectors.current_epoch() == first

    output = StringIO()
    call_command("renew_epoch", stdout=output)

    assert selectors.current_epoch() != first
    assert selectors.current_epoch() in output.getvalue()
    assert LogEpoch.objects.count() == 1


def test_a_first_epoch_can_be_renewed_before_it_is_read() -> None:
    call_command("renew_epoch", stdout=StringIO())

    assert LogEpoch.objects.get().name == selectors.current_epoch()
