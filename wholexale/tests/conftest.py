"""Servers for the tests that need real ones."""

from collections.abc import Iterator

import pytest

from wholexale.tests.live import Person, Server, Stores


@pytest.fixture(scope="session")
def stores() -> Iterator[Stores]:
    """Return stores that the tests of this run share."""
    with Stores.fresh() as fresh:
        yield fresh


@pytest.fixture(scope="session")
def server(stores: Stores) -> Iterator[Server]:
    """Return a running server that the tests of this run share, each with its own people; limits are off."""
    with Server.run(stores) as running:
        yield running


@pytest.fixture
def buyer(server: Server) -> Person:
    """Return somebody who buys."""
    return Person.register(server, "Buyer")


@pytest.fixture
def seller(server: Server) -> Person:
    """Return somebody who sells."""
    return Person.register(server, "Seller", businessName="Sharma Textiles")


@pytest.fixture
def outsider(server: Server) -> Person:
    """Return somebody who takes part in nothing."""
    return Person.register(server, "Outsider")


@pytest.fixture
def conversation(buyer: Person, seller: Person) -> str:
    """Return the id of a conversation of buyer and seller."""
    return buyer.talk_to(seller)
