"""Conversations that most tests need."""

import pytest

from accounts.models import User
from chat import services
from chat.models import Conversation
from chat.tests.staging import group_of


@pytest.fixture
def talk(buyer: User, seller: User) -> Conversation:
    """Let the buyer talk with the seller."""
    return services.create_direct(actor=buyer, user_id=seller.id)


@pytest.fixture
def group(buyer: User, seller: User, staff: User) -> Conversation:
    """Let the buyer run a group with the seller and the staff."""
    return group_of(buyer, seller, staff, name="Cotton")
