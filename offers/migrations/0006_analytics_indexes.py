import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_business_time_zone"),
        ("offers", "0005_shortfall"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(fields=["buyer", "created_at"], name="offers_offer_buyer_time"),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(fields=["seller", "created_at"], name="offers_offer_seller_time"),
        ),
        migrations.AddIndex(
            model_name="offerevent",
            index=models.Index(
                fields=["offer", "seq", "action", "side", "created_at"],
                name="offers_offerevent_course",
            ),
        ),
        # Each of these columns leads another index.
        migrations.AlterField(
            model_name="offer",
            name="buyer",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.business",
            ),
        ),
        migrations.AlterField(
            model_name="offer",
            name="seller",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.business",
            ),
        ),
        migrations.AlterField(
            model_name="offerevent",
            name="offer",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="offers.offer",
            ),
        ),
    ]
