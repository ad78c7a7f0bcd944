from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SIDES = ("debit", "credit")


def tie_currencies(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """A transfer has the currency of both accounts; on SQLite a trigger says the same."""
    if schema_editor.connection.vendor == "postgresql":
        for side in SIDES:
            schema_editor.execute(
                f"ALTER TABLE finance_transfer ADD CONSTRAINT finance_transfer_{side}_currency"
                f" FOREIGN KEY ({side}_account_id, currency) REFERENCES finance_account (id, currency)"
                " DEFERRABLE INITIALLY DEFERRED"
            )


def untie_currencies(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for side in SIDES:
            schema_editor.execute(f"ALTER TABLE finance_transfer DROP CONSTRAINT finance_transfer_{side}_currency")


class Migration(migrations.Migration):
    dependencies = [("finance", "0001_initial")]

    operations = [migrations.RunPython(tie_currencies, untie_currencies)]
