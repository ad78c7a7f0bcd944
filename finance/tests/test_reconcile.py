"""Reconciling: a provider's statement is compared with our books both ways, and every discord is told."""

import csv
import io
import json
from collections import Counter
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from finance import services
from finance.gateways.fake import close_dispute
from finance.models import FakeDispute, LedgerTransaction, PaymentIntent, Refund
from finance.selectors.movements import moved_at
from finance.tests.gateways import fake_staging
from finance.tests.payment_staging import begun, fresh, invoice, look_after, paid, settle_down
from finance.tests.provider_staging import ask, let_time_pass, repaid
from finance.tests.staging import business_of, lender, open_line

HEADER = "date,type,reference,amount,fee,currency\n"


def file_of(folder: Path, content: str | bytes) -> Path:
    path = folder / "statement.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def run(path: Path, *arguments: str, provider: str = "fake") -> tuple[int, str]:
    """Compare a file; return the exit code and what was printed."""
    printed = io.StringIO()
    try:
        call_command("reconcile", f"--provider={provider}", f"--file={path}", *arguments, stdout=printed)
    except CommandError as error:
        return error.returncode, printed.getvalue() + str(error)
    return 0, printed.getvalue()


def exported(folder: Path, *arguments: str) -> Path:
    """Return a file with the statement of the fake provider."""
    printed = io.StringIO()
    call_command("fake_statement", *arguments, stdout=printed)
    return file_of(folder, printed.getvalue())


def edited(path: Path, number: int, **fields: str) -> Path:
    """Change a line of a statement, the first one behind the header being 0."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    rows[number] |= fields
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def refund(seller: User, payment: PaymentIntent, amount: int) -> Refund:
    made = services.refund_payment(actor=seller, payment_id=payment.id, amount=amount, reason="Returned")
    settle_down()
    let_time_pass()
    settle_down()
    look_after()
    made.refresh_from_db()
    return made


@pytest.mark.django_db
@pytest.mark.usefixtures("webhooks", "sound")
class TestTheFakeProvider:
    """Whatever it does, in the end its statement and our books agree."""

    @pytest.mark.parametrize(
        "ending",
        [0, 5, 12, *(pytest.param(one, marks=pytest.mark.proof) for one in range(17) if one not in {0, 5, 12})],
    )
    def test_after_a_payment_and_a_refund(self, folder: Path, buyer: User, seller: User, ending: int) -> None:
        payment = paid(buyer, invoice(buyer, seller, 100_000 + ending))
        let_time_pass()
        settle_down()
        look_after()
        if fresh(payment).refundable:
            refund(seller, payment, 30_000)

        assert run(exported(folder))[0] == 0

    @pytest.mark.parametrize("is_won", [True, False])
    def test_after_a_dispute(self, folder: Path, buyer: User, seller: User, is_won: bool) -> None:
        paid(buyer, invoice(buyer, seller, 100_012))
        let_time_pass()
        settle_down()
        close_dispute(FakeDispute.objects.get().reference, is_won=is_won)
        settle_down()

        code, printed = run(exported(folder))

        assert code == 0
        came_to = "0.00" if is_won else "-1,000.12"
        assert f"INR chargeback {1 + is_won:>15} {came_to:>20}" in printed

    def test_after_payouts_that_arrived_and_that_did_not(self, folder: Path, buyer: User, seller: User) -> None:
        invoice(buyer, seller)
        for amount in (10_000, 10_016, 10_017):
            services.request_payout(actor=seller, currency="INR", amount=amount)
        settle_down()
        let_time_pass()
        settle_down()

        code, printed = run(exported(folder))

        assert code == 0
        assert "INR payout                   3              -100.00             0.00\n" in printed

    def test_after_a_part_was_captured(self, folder: Path, buyer: User, seller: User) -> None:
        payment = paid(buyer, invoice(buyer, seller), is_captured_later=True)
        services.capture_payment(actor=seller, payment_id=payment.id, amount=40_000)
        settle_down()

        assert run(exported(folder))[0] == 0

    def test_after_a_refund_came_back_before_we_heard_that_it_went(
        self, folder: Path, buyer: User, seller: User
    ) -> None:
        call = repaid(seller, paid(buyer, invoice(buyer, seller, 100_014)), 500)
        ask(call)
        let_time_pass()
        type(call).objects.filter(id=call.id).update(attempts=1)
        settle_down()

        assert Refund.objects.get().state == "failed"
        assert LedgerTransaction.objects.filter(reference__endswith=":released").exists()
        assert run(exported(folder))[0] == 0


@pytest.mark.django_db
@pytest.mark.usefixtures("webhooks")
class TestOurBooks:
    """What the command tells where they do not agree."""

    def test_a_payment_that_the_provider_took_and_we_still_wait_for(
        self, folder: Path, buyer: User, seller: User
    ) -> None:
        payment = paid(buyer, invoice(buyer, seller, 100_009))
        let_time_pass()

        code, printed = run(exported(folder))

        assert code == 1
        assert "\nin the statement, and not settled here: 1\n" in printed
        assert (
            f"  line 2 = {payment.payment_id} (processing): payment {payment.provider_ref} of 1,000.09 INR" in printed
        )

    def test_a_payment_that_is_not_ours(self, folder: Path) -> None:
        at_the_provider = fake_staging.confirmed()

        code, printed = run(exported(folder))

        assert code == 1
        assert f"\nin the statement alone: 1\n  line 2: payment {at_the_provider.reference} of 100.00 INR on" in printed

    def test_a_payment_that_the_statement_has_lost(self, folder: Path, buyer: User, seller: User) -> None:
        payment = paid(buyer, invoice(buyer, seller))

        code, printed = run(file_of(folder, HEADER))

        assert code == 1
        assert f"\nmissing in the statement: 1\n  {payment.payment_id} (succeeded): payment " in printed

    def test_a_payment_of_another_amount_and_fee(self, folder: Path, buyer: User, seller: User) -> None:
        paid(buyer, invoice(buyer, seller))

        code, printed = run(edited(exported(folder), 0, amount="999.99", fee="21.00"))

        assert code == 1
        assert "\ndifferent: 1\n  line 2 = PAY-" in printed
        assert "; amount 999.99, here 1000.00; fee 21.00, here 20.00\n" in printed

    def test_a_refund_that_came_back_and_nobody_has_told(self, folder: Path, buyer: User, seller: User) -> None:
        payment = paid(buyer, invoice(buyer, seller, 100_014))
        made = services.refund_payment(actor=seller, payment_id=payment.id, amount=500, reason="Returned")
        services.make_call(call_id=made.calls.get(kind="refund").id)
        let_time_pass()

        code, printed = run(exported(folder))

        assert code == 1
        assert f"in the statement alone: 1\n  line 4 = {made.refund_id} (succeeded): refund " in printed

    def test_a_document_for_machines(self, folder: Path, buyer: User, seller: User) -> None:
        payment = paid(buyer, invoice(buyer, seller))
        again = exported(folder).read_text() + exported(folder).read_text().splitlines()[1]

        code, printed = run(file_of(folder, again), "--json")

        document, _ = json.JSONDecoder().raw_decode(printed)
        (duplicate,) = document["discrepancies"]
        ours = {
            "name": payment.payment_id,
            "date": str(timezone.now().astimezone(UTC).date()),
            "type": "payment",
            "reference": payment.provider_ref,
            "amount_minor": 100_000,
            "fee_minor": 2_000,
            "currency": "INR",
            "state": "succeeded",
        }
        assert (code, document["is_clean"]) == (1, False)
        assert document["matched"] == [
            {"currency": "INR", "type": "payment", "lines": 1, "amount_minor": 100_000, "fee_minor": 2_000}
        ]
        assert duplicate == {
            "discord": "duplicate", "differs": [], "line": ours | {"name": "line 3", "state": ""}, "ours": ours
        }  # fmt: skip

    def test_a_document_of_books_that_agree(self, folder: Path) -> None:
        code, printed = run(file_of(folder, HEADER), "--json")

        assert (code, json.loads(printed)) == (0, {"is_clean": True, "matched": [], "discrepancies": []})

    def test_only_the_rows_of_the_provider_are_compared(self, folder: Path, buyer: User, seller: User) -> None:
        paid(buyer, invoice(buyer, seller))

        assert run(file_of(folder, HEADER), provider="manual")[0] == 0

    def test_money_by_hand_is_known_by_the_number_of_the_payment_and_a_refund_by_its_amount(
        self, folder: Path, buyer: User, seller: User
    ) -> None:
        payment = begun(buyer, invoice(buyer, seller), method="bank_transfer")
        services.receive_payment(actor=lender(), payment_id=payment.id, reason="UTR 1")
        made = services.refund_payment(actor=seller, payment_id=payment.id, amount=500, reason="Returned")
        services.settle_refund(actor=lender(), refund_id=made.id, is_paid=True, reason="UTR 2")
        day = timezone.now().astimezone(UTC).date()
        lines = f"{day},payment,{payment.payment_id},1000.00,0,INR\n{day},refund,UTR 2,-5.00,0,INR\n"

        assert run(file_of(folder, HEADER + lines), provider="manual")[0] == 0

    def test_what_staff_has_booked_as_repaid_is_money_by_hand_unless_it_was_taken_back(
        self, folder: Path, buyer: User
    ) -> None:
        open_line(business_of(buyer), 100_000)
        fields: dict[str, Any] = {
            "business_id": business_of(buyer).id,
            "currency": "INR",
            "reason": "Seen at the bank",
        }
        services.record_repayment(actor=lender(), amount=70_000, reference="UTR 7", **fields)
        wrong = services.record_repayment(actor=lender(), amount=7_000, reference="UTR 8", **fields)
        services.reverse_transaction(actor=lender(), transaction_id=wrong.id, reason="Typed twice")
        day = timezone.now().astimezone(UTC).date()

        assert run(file_of(folder, f"{HEADER}{day},payment,UTR 7,700.00,0,INR\n"), provider="manual")[0] == 0
        assert run(file_of(folder, HEADER), provider="manual")[0] == 1

    def test_only_the_days_that_are_asked_for(self, folder: Path, buyer: User, seller: User) -> None:
        paid(buyer, invoice(buyer, seller))
        empty = file_of(folder, HEADER)

        assert run(empty, "--from=2026-01-01", "--to=2026-01-31")[0] == 0
        assert run(empty, "--from=2099-01-01")[0] == 0
        assert run(empty, "--to=2099-01-01")[0] == 1

    def test_a_wrong_date_is_told_where_only_some_days_are_asked_for(
        self, folder: Path, buyer: User, seller: User
    ) -> None:
        paid(buyer, invoice(buyer, seller))
        day = timezone.now().astimezone(UTC).date() - timedelta(days=9)
        dated = edited(exported(folder), 0, date=str(day))

        code, printed = run(dated, f"--from={day}", f"--to={day}")

        assert code == 1
        assert f"; date {day}, here " in printed
        assert run(dated, "--tolerance-days=9")[0] == 0

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            (HEADER + "2026-11-18,payment,ch_1,ten,0,INR\n", "line 2, column amount: a number such as -1234.50"),
            ("", "line 1: a header is expected"),
        ],
    )
    def test_a_file_that_cannot_be_read_ends_with_two(self, folder: Path, content: str, told: str) -> None:
        code, printed = run(file_of(folder, content))

        assert code == 2
        assert told in printed

    def test_a_file_that_is_not_there_ends_with_two(self, folder: Path) -> None:
        assert run(folder / "nowhere.csv")[0] == 2

    @pytest.mark.parametrize(
        "argument", ["--from=yesterday", "--to=18.11.2026", "--tolerance-days=-1", "--provider=paypal"]
    )
    def test_an_argument_that_is_none_is_refused(self, folder: Path, argument: str) -> None:
        with pytest.raises(CommandError, match=r"expected|invalid choice"):
            call_command("reconcile", "--provider=fake", f"--file={file_of(folder, HEADER)}", argument)

    def test_a_statement_has_every_currency_or_the_one_that_is_asked_for(self, folder: Path) -> None:
        fake_staging.confirmed(500, currency="JPY")
        fake_staging.confirmed(1_234, currency="KWD")

        def amounts(*arguments: str) -> list[tuple[str, str]]:
            rows = csv.DictReader(exported(folder, *arguments).read_text().splitlines())
            return [(row["amount"], row["currency"]) for row in rows]

        assert amounts() == [("500", "JPY"), ("1.234", "KWD")]
        assert amounts("--currency=KWD") == [("1.234", "KWD")]
        assert amounts("--currency=INR") == []

    def test_our_rows_are_read_by_a_few_statements(
        self, buyer: User, seller: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for amount in (100_000, 100_014, 100_012):
            payment = paid(buyer, invoice(buyer, seller, amount))
            let_time_pass()
            settle_down()
            if fresh(payment).refundable:
                refund(seller, payment, 500)
        services.request_payout(actor=seller, currency="INR", amount=500)

        with django_assert_num_queries(5):
            rows = list(moved_at("fake"))

        assert Counter(row.type for row in rows) == {"payment": 3, "refund": 3, "chargeback": 1, "payout": 1}
