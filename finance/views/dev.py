"""`/dev/pay/:reference`: the page on which a payer agrees to a payment of the fake provider, or does not."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from finance.gateways import Rejected, fake
from finance.models import FakeCharge
from finance.serializers.fields import amounts


@csrf_exempt  # the page of another site, as it were: whoever has the reference is the payer
@require_http_methods(["GET", "POST"])
def pay_page(request: HttpRequest, reference: str) -> HttpResponse:
    """Show what is to be paid, or take the payer's answer: `approve` or `decline`."""
    charge = FakeCharge.objects.filter(reference=reference).first()
    if charge is None:
        return render(request, "finance/pay.html", {"charge": None}, status=HTTPStatus.NOT_FOUND)
    error = ""
    if request.method == "POST":
        try:
            fake.act(reference, is_approved=request.POST.get("answer") == "approve")
        except Rejected as refusal:
            error = refusal.text
        charge.refresh_from_db()
    whole = amounts(charge.currency, amount=charge.amount)["amount"]
    return render(request, "finance/pay.html", {"charge": charge, "amount": whole, "error": error})
