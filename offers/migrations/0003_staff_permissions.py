from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("offers", "0002_catalogue"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="offer",
            options={"permissions": (("cancel_offer", "Can cancel offers and orders"),)},
        ),
    ]
