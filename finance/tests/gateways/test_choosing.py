"""Which providers there are, and which of them the marketplace uses."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from finance import gateways
from finance.gateways import ADAPTERS, Unavailable, gateway


@pytest.fixture(autouse=True)
def _forget_adapters(settings: Settings) -> Iterator[None]:
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRETS = "sk_test", ["whsec_test"]
    gateways._adapter.cache_clear()
    yield
    gateways._adapter.cache_clear()


@pytest.mark.parametrize("name", ADAPTERS)
def test_each_adapter_is_called_by_its_name_and_offers_a_way_to_pay(name: str) -> None:
    found = gateway(name)

    assert found.name == name
    assert found.methods
    assert gateway(name) is found


def test_the_marketplace_uses_those_that_the_settings_name_in_that_order(settings: Settings) -> None:
    settings.PAYMENT_PROVIDERS = ["manual", "fake"]

    assert [one.name for one in gateways.gateways()] == ["manual", "fake"]


def test_what_is_no_adapter_is_not_imported() -> None:
    for name in ("interface", "os", ""):
        with pytest.raises(KeyError):
            gateway(name)


def test_old_payments_wait_while_the_key_of_stripe_is_missing(settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = ""
    with pytest.raises(Unavailable):
        gateway("stripe").retrieve("pi_1")
