"""Show payments on good and bad days: buyer and seller against the running server, and the ledger after each step."""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from finance import services
from wholexale.common import wire
from wholexale.management.commands.seed import PASSWORD

TIMEOUT_SECONDS = 30
FINAL = {"captured", "failed", "cancelled", "refunded", "partially_refunded", "disputed"}
TRIES = (
    ("01", "the card is declined"),
    ("02", "the bank wants the payer to agree on a page"),
    ("03", "the webhook comes twice"),
    ("04", "the webhook comes before the reply"),
    ("05", "the provider takes the money, and its answer is lost"),
    ("08", "the provider needs a few seconds"),
)
"""The last two digits of the amounts, by which the fake provider misbehaves, and what that means."""


class Command(BaseCommand):
    """Pay an invoice in parts through the fake provider, refund a part, fetch papers; verify the ledger each time."""

    help = "Pay an invoice through the fake provider on the running server, refund a part of it, and save the papers."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the server's address, who pays whom, and where the papers go."""
        parser.add_argument("--url", default=settings.BASE_URL)
        parser.add_argument("--buyer", default="buyer@example.com")
        parser.add_argument("--seller", default="seller@example.com")
        parser.add_argument("--folder", type=Path, default=settings.DATA_DIR / "papers")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the demonstration."""
        self.began = time.monotonic()
        self.folder: Path = options["folder"]
        self.folder.mkdir(parents=True, exist_ok=True)
        with (
            self._signed_in(options["url"], options["buyer"]) as buyer,
            self._signed_in(options["url"], options["seller"]) as seller,
        ):
            invoice = self._open_invoice(buyer, seller)
            paid = [self._pay(buyer, invoice, ending, what) for ending, what in TRIES]
            captured = next(one for one in paid if one["status"] == "captured")
            self._refund(buyer, seller, captured)
            self._fetch_papers(buyer, seller, invoice["id"])

    @contextmanager
    def _signed_in(self, url: str, email: str) -> Iterator[httpx.Client]:
        with httpx.Client(base_url=f"{url.rstrip('/')}/api/", timeout=TIMEOUT_SECONDS, trust_env=False) as client:
            answer = self._send(client, "POST", "auth/login", {"email": email, "password": PASSWORD})
            client.headers["Authorization"] = f"Bearer {answer['token']}"
            yield client

    def _send(self, client: httpx.Client, method: str, path: str, body: Any = None) -> Any:
        """Send a request under a key of its own, and return what came back; a refusal ends the demonstration."""
        try:
            headers = {"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
            content = None if body is None else wire.encode(body)
            answer = client.request(method, path, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise CommandError(f"no server answers at {client.base_url} ({error}); start one with `make run`") from None
        if answer.is_error:
            raise CommandError(f"{method} {path}: {answer.status_code} {answer.json().get('code')}")
        is_json = answer.headers["Content-Type"].startswith("application/json")
        return answer.json(parse_float=Decimal) if is_json else answer.content

    def _open_invoice(self, buyer: httpx.Client, seller: httpx.Client) -> dict[str, Any]:
        """Return the invoice of the seller on which the buyer owes most."""
        business = self._send(seller, "GET", "businesses/me")["business"]["id"]
        query = f"role=buyer&currency=INR&counterparty={business}&limit=100"
        found = self._send(buyer, "GET", f"finance/invoices?{query}")["invoices"]
        invoice: dict[str, Any] = max(found, key=lambda one: one["dueMinor"], default={"dueMinor": 0})
        needed = len(TRIES) * 100_100
        if invoice["dueMinor"] < needed:
            raise CommandError("the buyer owes too little for this: seed a new database with `make seed`")
        self._say("Buyer", f"owes {invoice['due']} {invoice['currency']} on {invoice['invoiceNumber']}")
        return invoice

    def _pay(self, buyer: httpx.Client, invoice: dict[str, Any], ending: str, what: str) -> dict[str, Any]:
        """Pay a thousand rupees and some paise, which decide what goes wrong."""
        self._say("Buyer", f"pays 1000.{ending} by card: {what}")
        body = {
            "invoiceId": invoice["id"],
            "method": "credit_card",
            "provider": "fake",
            "amount": Decimal(f"1000.{ending}"),
            "confirm": True,
        }
        payment = self._send(buyer, "POST", "finance/payments", body)["payment"]
        payment = self._awaited(buyer, payment["id"])
        if "clientAction" in payment:
            self._say("Buyer", f"agrees on {payment['clientAction']['url']}")
            httpx.post(payment["clientAction"]["url"], data={"answer": "approve"}, timeout=TIMEOUT_SECONDS)
            payment = self._awaited(buyer, payment["id"], is_answered=True)
        why = f" ({payment['failure']['code']})" if "failure" in payment else ""
        self._say("Provider", f"{payment['paymentId']} is {payment['status']}{why}")
        self._verify()
        return payment

    def _awaited(self, client: httpx.Client, payment_id: str, *, is_answered: bool = False) -> dict[str, Any]:
        """Return a payment once it has ended, or waits for the payer."""
        payment: dict[str, Any] = {}
        for _ in range(TIMEOUT_SECONDS * 5):
            payment = self._send(client, "GET", f"finance/payments/{payment_id}")["payment"]
            if payment["status"] in FINAL or ("clientAction" in payment and not is_answered):
                return payment
            time.sleep(0.2)
        raise CommandError(f"{payment['paymentId']} is still {payment['status']}: does the server run its work?")

    def _refund(self, buyer: httpx.Client, seller: httpx.Client, payment: dict[str, Any]) -> None:
        """Refund a part, and wait until the buyer has it."""
        self._say("Seller", f"refunds 250.00 of {payment['paymentId']}")
        body = {"amount": 250, "reason": "A case arrived broken"}
        self._send(seller, "POST", f"finance/payments/{payment['id']}/refunds", body)
        for _ in range(TIMEOUT_SECONDS * 5):
            [refund] = self._send(buyer, "GET", f"finance/payments/{payment['id']}")["payment"]["refunds"]
            if refund["status"] != "pending":
                self._say("Provider", f"{refund['refundId']} is {refund['status']}")
                self._verify()
                return
            time.sleep(0.2)
        raise CommandError("the refund is still pending: does the server run its work?")

    def _fetch_papers(self, buyer: httpx.Client, seller: httpx.Client, invoice_id: str) -> None:
        """Save the invoice, its credit note, and the statements of both sides."""
        invoice = self._send(buyer, "GET", f"finance/invoices/{invoice_id}")["invoice"]
        self._say("Buyer", f"{invoice['invoiceNumber']} is {invoice['status']}, {invoice['due']} are due")
        self._save(buyer, f"finance/invoices/{invoice_id}/pdf", f"{invoice['invoiceNumber']}.pdf")
        for note in invoice["creditNotes"]:
            self._save(buyer, f"finance/credit-notes/{note['id']}/pdf", f"{note['creditNoteNumber']}.pdf")
        for name, client in (("buyer", buyer), ("seller", seller)):
            for account in self._send(client, "GET", "finance/accounts")["accounts"]:
                if account["currency"] == invoice["currency"]:
                    kind = account["code"].rpartition(":")[2]
                    path = f"finance/accounts/{account['id']}/statement?format=pdf"
                    self._save(client, path, f"statement-{name}-{kind}.pdf")

    def _save(self, client: httpx.Client, path: str, name: str) -> None:
        content: bytes = self._send(client, "GET", path)
        (self.folder / name).write_bytes(content)
        self._say("Papers", f"{self.folder / name} ({len(content):,} bytes)")

    def _verify(self) -> None:
        """Check the whole ledger and the papers on it, on the server's database."""
        findings = services.find_drift()
        if findings:
            raise CommandError(f"the ledger is not sound: {', '.join(one.code for one in findings)}")
        self._say("Ledger", "is sound")

    def _say(self, who: str, what: str) -> None:
        self.stdout.write(f"{time.monotonic() - self.began:6.2f}s  {who:<8} {what}")
