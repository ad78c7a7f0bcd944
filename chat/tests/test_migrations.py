"""The migrations go forwards and back on the database of this run."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from chat.models import ConversationEvent, Message


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, "chat_message"))


@pytest.mark.django_db(transaction=True)
def test_the_index_for_words_comes_and_goes() -> None:
    MigrationExecutor(connection).migrate([("chat", "0001_initial")])
    assert "chat_message_words" not in indexes()

    MigrationExecutor(connection).migrate([("chat", "0002_message_search")])
    assert ("chat_message_words" in indexes()) == (connection.vendor == "postgresql")


@pytest.mark.django_db
def test_the_models_match_the_migrations() -> None:
    call_command("makemigrations", "chat", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_the_log_holds_no_foreign_keys() -> None:
    assert not [field for model in (Message, ConversationEvent) for field in model._meta.fields if field.is_relation]
