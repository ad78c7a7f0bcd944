from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("offers", "0004_approvals"),
    ]

    operations = [
        migrations.AlterField(
            model_name="offerevent",
            name="action",
            field=models.CharField(
                choices=[
                    ("drafted", "Drafted"),
                    ("sent", "Sent"),
                    ("viewed", "Viewed"),
                    ("countered", "Countered"),
                    ("accepted", "Accepted"),
                    ("rejected", "Rejected"),
                    ("withdrawn", "Withdrawn"),
                    ("expired", "Expired"),
                    ("revised", "Revised"),
                    ("cancelled", "Cancelled"),
                    ("completed", "Completed"),
                    ("reminded", "Reminded"),
                    ("shortfall", "Shortfall"),
                ],
                max_length=9,
            ),
        ),
    ]
