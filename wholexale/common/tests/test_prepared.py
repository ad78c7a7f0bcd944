"""Prepared queries and rows that are written together: what the ORM does, on every database."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Q
from django.test.utils import CaptureQueriesContext

from accounts.models import Business, Membership, Session, User
from wholexale.common.models import IdempotencyKey
from wholexale.common.prepared import Prepared, exchange, read, read_one, write
from wholexale.common.testing import make_person, make_session

pytestmark = pytest.mark.django_db

MEMBERSHIP = Prepared(
    lambda user_id: Membership.objects.select_related("business", "user").filter(user_id=user_id), UUID
)
NAMED = Prepared(
    lambda last_name, first_name: User.objects.filter(first_name=first_name, last_name=last_name), *(str, str)
)
EITHER = Prepared(lambda one: Membership.objects.filter(Q(user_id=one) | Q(business_id=one)), UUID)
COUNTED = Prepared(lambda one: Business.objects.annotate(people=Count("memberships")).filter(id=one), UUID)
PAIRS = Prepared(lambda one: Membership.objects.filter(user_id=one).values_list("business_id", "created_at"), UUID)
SESSIONS = Prepared(lambda one: Session.objects.select_related("user__membership").filter(user_id=one), UUID)


def fields(row: Any) -> dict[str, Any]:
    """Return what a row holds, by column."""
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def key(name: str, **values: Any) -> IdempotencyKey:
    """Return a row that was not stored yet."""
    return IdempotencyKey(scope=uuid4(), key=name, route="POST /", fingerprint="f" * 64, **values)


@pytest.fixture
def owner() -> User:
    """Return somebody with a business."""
    return make_person("olga", owns="Olga Tools", preferences={"language": "hi"})


def test_rows_are_those_of_the_orm_with_what_is_related(owner: User) -> None:
    make_person("other", owns="Other Tools")
    found = read_one(MEMBERSHIP(owner.id))
    expected = Membership.objects.select_related("business", "user").get(user=owner)
    assert found is not None
    assert fields(found) == fields(expected)
    with CaptureQueriesContext(connection) as asked:
        assert fields(found.business) == fields(expected.business)
        assert fields(found.user) == fields(expected.user)
    assert len(asked) == 0


def test_values_find_their_places_whatever_their_order_and_number(owner: User) -> None:
    assert [user.id for user in read(NAMED("Example", "Olga"))[0]] == [owner.id]
    assert read(NAMED("Olga", "Example")) == [[]]
    membership = Membership.objects.get(user=owner)
    assert read_one(EITHER(owner.id)) == read_one(EITHER(membership.business_id)) == membership


def test_nothing_of_earlier_values_stays(owner: User) -> None:
    other = make_person("paul", owns="Paul Tools")
    found = [read_one(MEMBERSHIP(user.id)) for user in (owner, other, owner)]
    assert [one and one.user_id for one in found] == [owner.id, other.id, owner.id]


def test_annotations_and_lists_of_values_come_as_from_the_orm(owner: User) -> None:
    membership = Membership.objects.get(user=owner)
    counted = read_one(COUNTED(membership.business_id))
    assert counted is not None
    assert counted.people == 1
    assert read(PAIRS(owner.id)) == [[(membership.business_id, membership.created_at)]]


def test_somebody_without_a_business_has_none_and_is_not_asked_for_again() -> None:
    loner = make_person("lena")
    make_session(loner)
    found = read_one(SESSIONS(loner.id))
    assert found is not None
    with CaptureQueriesContext(connection) as asked:
        assert not hasattr(found.user, "membership")
    assert len(asked) == 0


def test_several_queries_are_one_round_trip_on_postgresql_and_come_in_their_order(owner: User) -> None:
    read(MEMBERSHIP(owner.id), NAMED("a", "b"))  # built
    with CaptureQueriesContext(connection) as asked:
        memberships, nobody, named = read(MEMBERSHIP(owner.id), NAMED("no", "body"), NAMED("Example", "Olga"))
    assert [one.user_id for one in memberships] == [owner.id]
    assert nobody == []
    assert [one.id for one in named] == [owner.id]
    assert len(asked) == (1 if connection.vendor == "postgresql" else 3)


def test_numbers_find_their_places(owner: User) -> None:
    key("one", status=201, body=b"x").save()
    by_status = Prepared(lambda status, name: IdempotencyKey.objects.filter(status=status, key=name), *(int, str))
    assert [row.key for row in read(by_status(201, "one"))[0]] == ["one"]
    assert read(by_status(409, "one")) == [[]]


def test_text_is_never_read_as_sql(owner: User) -> None:
    assert read(NAMED("'; DELETE FROM accounts_user; --%s", "Olga")) == [[]]
    assert User.objects.filter(id=owner.id).exists()


def test_a_value_that_is_not_used_or_missing_is_refused(owner: User) -> None:
    with pytest.raises(TypeError, match="expected 1 values"):
        MEMBERSHIP(owner.id, owner.id)
    with pytest.raises(ValueError, match="must use each"):
        Prepared(lambda _one: User.objects.filter(first_name="x"), UUID)(owner.id)


@pytest.mark.django_db(transaction=True)
def test_a_lock_needs_a_transaction_each_time(owner: User) -> None:
    locked = Prepared(lambda user_id: User.objects.select_for_update().filter(id=user_id), UUID)
    with transaction.atomic():
        assert read_one(locked(owner.id)) == owner
    with pytest.raises(transaction.TransactionManagementError):
        locked(owner.id)


def test_rows_are_written_as_save_does_and_know_that_they_are_stored() -> None:
    first, second = key("one", status=201, body=b"\x00%s'"), key("two")
    write(new=[first, second])
    assert [fields(IdempotencyKey.objects.get(pk=row.pk)) for row in (first, second)] == [fields(first), fields(second)]
    first.status, second.created_at = 409, datetime(2026, 1, 1, tzinfo=UTC)
    write(new=[key("three")], changed=[first, second])
    assert [fields(IdempotencyKey.objects.get(pk=row.pk)) for row in (first, second)] == [fields(first), fields(second)]
    second.status = 200
    second.save()  # an update, for it knows that it is stored
    assert IdempotencyKey.objects.count() == 3


def test_of_rows_that_are_written_together_all_are_or_none() -> None:
    first = key("one")
    with pytest.raises(IntegrityError), transaction.atomic():
        write(new=[first, IdempotencyKey(scope=first.scope, key="one", route="", fingerprint="")])
    assert not IdempotencyKey.objects.exists()


def test_what_is_written_is_read_in_the_same_round_trip() -> None:
    stored = Prepared(lambda name: IdempotencyKey.objects.filter(key=name), str)
    first = key("50%s; %% 'x'", status=201)
    read(stored("built"))
    with CaptureQueriesContext(connection) as asked:
        nobody, found = exchange(stored("nobody"), stored(first.key), new=[first])
    assert nobody == []
    assert [fields(row) for row in found] == [fields(first)]
    assert len(asked) == (1 if connection.vendor == "postgresql" else 3)
    assert exchange() == []
