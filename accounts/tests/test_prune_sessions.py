"""Sessions of long ago are forgotten."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import services
from accounts.models import Session, User
from accounts.tasks import prune_sessions
from wholexale.common.testing import make_session

DAY = timedelta(days=1)


@pytest.mark.django_db
def test_sessions_that_ended_or_ran_out_90_days_ago_are_deleted_and_no_other(buyer: User) -> None:
    now = timezone.now()
    changes = {
        "alive": {},
        "ended lately": {"ended_at": now - 89 * DAY},
        "ended long ago": {"ended_at": now - 91 * DAY},
        "ran out lately": {"expires_at": now - 89 * DAY},
        "ran out long ago": {"expires_at": now - 91 * DAY},
    }
    for name, fields in changes.items():
        Session.objects.filter(id=make_session(buyer, user_agent=name).id).update(**fields)

    assert services.prune_sessions() == 2

    kept = set(Session.objects.values_list("user_agent", flat=True))
    assert kept == {"alive", "ended lately", "ran out lately"}


@pytest.mark.django_db
def test_it_runs_by_the_clock(buyer: User) -> None:
    Session.objects.filter(id=make_session(buyer).id).update(ended_at=timezone.now() - 91 * DAY)

    prune_sessions(timezone.now())

    assert not Session.objects.exists()
