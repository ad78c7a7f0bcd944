"""What the tests of all apps share keeps its own promises."""

import pytest
from django.db import connection

from wholexale.common.testing import FEW_CONNECTIONS, at_once, close_many_connections


def connections_here() -> int:
    """Count who is connected to this process's database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        count: int = cursor.fetchone()[0]
        return count


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
def test_what_a_race_has_opened_is_closed() -> None:
    at_once([connections_here] * 12)
    assert connections_here() >= 12

    close_many_connections()

    assert connections_here() <= FEW_CONNECTIONS
