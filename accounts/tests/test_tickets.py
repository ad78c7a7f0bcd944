"""Tickets hold nothing that opens them, and are forgotten."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from accounts import proofs, selectors, services
from accounts.models import Ticket, User
from accounts.services.tickets import make_ticket
from accounts.tasks import prune_tickets
from accounts.tests.staging import MOBILE, RESET_PASSWORD, VERIFY_EMAIL, VERIFY_PHONE
from wholexale.common.ids import new_id
from wholexale.common.testing import make_person

DAY = timedelta(days=1)


@pytest.mark.django_db
@pytest.mark.parametrize("purpose", Ticket.Purpose)
def test_no_row_holds_what_was_sent(purpose: Ticket.Purpose) -> None:
    ticket = make_ticket(user_id=make_person("asha", phone=MOBILE).id, purpose=purpose)

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_ticket")
        row = repr(cursor.fetchall())

    assert proofs.token_of(ticket.id) not in row
    assert f"'{proofs.code_of(ticket.id)}'" not in row


def test_a_token_is_64_hexadecimal_characters_and_a_code_six_digits() -> None:
    ticket_id = new_id()

    assert len(bytes.fromhex(proofs.token_of(ticket_id))) == 32
    assert proofs.code_of(ticket_id).isdecimal()
    assert len(proofs.code_of(ticket_id)) == 6


def test_who_does_not_have_the_key_computes_something_else(settings: Settings) -> None:
    ids = [new_id() for _ in range(3)]
    tokens, codes = [proofs.token_of(one) for one in ids], [proofs.code_of(one) for one in ids]

    settings.SECRET_KEY = "another"

    assert not {proofs.token_of(one) for one in ids} & set(tokens)
    assert [proofs.code_of(one) for one in ids] != codes


def test_codes_are_spread_evenly() -> None:
    firsts = [proofs.code_of(new_id())[0] for _ in range(2000)]

    assert all(140 < firsts.count(digit) < 260 for digit in "0123456789")


@pytest.mark.django_db
@pytest.mark.parametrize("purpose", Ticket.Purpose)
def test_a_ticket_is_sent_as_a_link_or_as_a_code(purpose: Ticket.Purpose) -> None:
    ticket = make_ticket(user_id=make_person("asha", phone=MOBILE).id, purpose=purpose)

    link, code = selectors.ticket_link(ticket.id), selectors.ticket_code(ticket.id)

    assert (link is None, code is None) == (purpose == VERIFY_PHONE, purpose != VERIFY_PHONE)


@pytest.mark.django_db
@pytest.mark.parametrize("purpose", Ticket.Purpose)
@pytest.mark.parametrize("change", ["used", "expired", "other address"])
def test_nothing_is_sent_of_a_ticket_that_is_over(purpose: Ticket.Purpose, change: str) -> None:
    asha = make_person("asha", phone=MOBILE)
    ticket = make_ticket(user_id=asha.id, purpose=purpose)
    if change == "other address":
        User.objects.filter(id=asha.id).update(email="next@example.com", phone="+919876543211")
    else:
        field = {"used": "used_at", "expired": "expires_at"}[change]
        Ticket.objects.filter(id=ticket.id).update(**{field: timezone.now()})

    assert selectors.ticket_link(ticket.id) is selectors.ticket_code(ticket.id) is None


@pytest.mark.django_db
def test_a_ticket_that_is_not_there_is_sent_as_nothing() -> None:
    assert selectors.ticket_link(new_id()) is selectors.ticket_code(new_id()) is None


@pytest.mark.django_db
def test_tickets_of_another_purpose_or_person_go_on(buyer: User, seller: User) -> None:
    others = [
        make_ticket(user_id=buyer.id, purpose=RESET_PASSWORD),
        make_ticket(user_id=seller.id, purpose=VERIFY_EMAIL),
    ]

    make_ticket(user_id=buyer.id, purpose=VERIFY_EMAIL)

    assert all(selectors.ticket_link(ticket.id) for ticket in others)


@pytest.mark.django_db
def test_the_database_knows_the_most_tries(buyer: User) -> None:
    ticket = make_ticket(user_id=buyer.id, purpose=VERIFY_PHONE)
    Ticket.objects.filter(id=ticket.id).update(tries=Ticket.MAX_TRIES)

    with pytest.raises(IntegrityError), transaction.atomic():
        Ticket.objects.filter(id=ticket.id).update(tries=Ticket.MAX_TRIES + 1)


@pytest.mark.django_db
def test_tickets_that_expired_30_days_ago_are_deleted_and_no_other(buyer: User) -> None:
    now = timezone.now()
    ages = {"waits": -DAY, "expired lately": 29 * DAY, "expired long ago": 31 * DAY}
    for address, age in ages.items():
        ticket = make_ticket(user_id=buyer.id, purpose=VERIFY_PHONE)
        Ticket.objects.filter(id=ticket.id).update(address=address, expires_at=now - age, used_at=now)

    assert services.prune_tickets() == 1
    assert set(Ticket.objects.values_list("address", flat=True)) == {"waits", "expired lately"}


@pytest.mark.django_db
def test_they_are_deleted_by_the_clock(buyer: User) -> None:
    make_ticket(user_id=buyer.id, purpose=VERIFY_EMAIL)
    Ticket.objects.update(expires_at=timezone.now() - 31 * DAY)

    prune_tickets(timezone.now())

    assert not Ticket.objects.exists()
