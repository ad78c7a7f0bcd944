import datetime as dt

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import notifications.models.notices
import wholexale.common.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0003_business_time_zone"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Digest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=wholexale.common.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[("in_app", "In App"), ("push", "Push"), ("email", "Email"), ("sms", "Sms")],
                        max_length=6,
                    ),
                ),
                ("window_start", models.DateTimeField()),
                ("carrier_id", models.UUIDField(help_text="The delivery that carries the letter.")),
                ("closed_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Manner",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="manner",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("is_on", models.BooleanField(default=True, help_text="Off: only the app itself, and what is forced.")),
                ("is_in_app_on", models.BooleanField(default=True)),
                ("is_quiet_on", models.BooleanField(default=False)),
                ("quiet_start", models.TimeField(default=dt.time(22, 0))),
                ("quiet_end", models.TimeField(default=dt.time(8, 0))),
                ("digest_minutes", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("digest_minutes__in", (0, 10, 60, 1440))),
                        name="notifications_manner_digest",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=wholexale.common.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("chat_message", "Chat Message"),
                            ("offer_received", "Offer Received"),
                            ("offer_response", "Offer Response"),
                            ("offer_accepted", "Offer Accepted"),
                            ("offer_rejected", "Offer Rejected"),
                            ("offer_countered", "Offer Countered"),
                            ("order_placed", "Order Placed"),
                            ("order_confirmed", "Order Confirmed"),
                            ("order_shipped", "Order Shipped"),
                            ("order_delivered", "Order Delivered"),
                            ("payment_received", "Payment Received"),
                            ("payment_failed", "Payment Failed"),
                            ("credit_added", "Credit Added"),
                            ("credit_deducted", "Credit Deducted"),
                            ("system_update", "System Update"),
                            ("promotion", "Promotion"),
                            ("security_alert", "Security Alert"),
                            ("reminder", "Reminder"),
                            ("feedback_request", "Feedback Request"),
                        ],
                        max_length=20,
                    ),
                ),
                ("title", models.CharField(max_length=100)),
                ("message", models.CharField(max_length=500)),
                (
                    "template",
                    models.CharField(
                        help_text="The key of the text, which channels render for themselves.", max_length=40
                    ),
                ),
                ("values", models.JSONField(blank=True, default=dict)),
                (
                    "data",
                    models.JSONField(
                        blank=True, default=dict, help_text="What clients need to open it: ids and names."
                    ),
                ),
                (
                    "priority",
                    models.CharField(
                        choices=[("low", "Low"), ("normal", "Normal"), ("high", "High"), ("urgent", "Urgent")],
                        default="normal",
                        max_length=6,
                    ),
                ),
                ("actions", models.JSONField(blank=True, default=list)),
                ("group_id", models.CharField(blank=True, max_length=80)),
                ("thread_id", models.CharField(blank=True, max_length=80)),
                (
                    "dedupe_key",
                    models.CharField(blank=True, help_text="A person is told the same thing once.", max_length=120),
                ),
                (
                    "fact",
                    models.CharField(blank=True, help_text="The type of the fact that it follows from.", max_length=40),
                ),
                ("is_shown", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                ("expires_at", models.DateTimeField(default=notifications.models.notices.default_expiry)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notifications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=wholexale.common.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("pending", "Pending"), ("leased", "Leased"), ("done", "Done"), ("dead", "Dead")],
                        default="pending",
                        max_length=8,
                    ),
                ),
                (
                    "run_at",
                    models.DateTimeField(default=django.utils.timezone.now, help_text="Not before this moment."),
                ),
                ("attempts", models.PositiveIntegerField(default=0, help_text="How often it was claimed.")),
                ("lease_owner", models.CharField(blank=True, max_length=64)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("last_error", models.CharField(blank=True, max_length=500)),
                ("request_id", models.CharField(blank=True, help_text="The request that made it due.", max_length=64)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "channel",
                    models.CharField(
                        choices=[("in_app", "In App"), ("push", "Push"), ("email", "Email"), ("sms", "Sms")],
                        max_length=6,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("held", "Held"),
                            ("sending", "Sending"),
                            ("sent", "Sent"),
                            ("delivered", "Delivered"),
                            ("bounced", "Bounced"),
                            ("failed", "Failed"),
                            ("suppressed", "Suppressed"),
                            ("skipped", "Skipped"),
                            ("expired", "Expired"),
                            ("unknown", "Unknown"),
                            ("read", "Read"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=40)),
                ("address", models.CharField(blank=True, help_text="What it was sent to.", max_length=320)),
                ("provider", models.CharField(blank=True, max_length=40)),
                ("provider_id", models.CharField(blank=True, help_text="How the provider calls it.", max_length=200)),
                ("sending_since", models.DateTimeField(blank=True, null=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("delivered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "window_start",
                    models.DateTimeField(blank=True, help_text="Of the digest that it waits for.", null=True),
                ),
                (
                    "after",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="notifications.delivery",
                    ),
                ),
                (
                    "digest",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="deliveries",
                        to="notifications.digest",
                    ),
                ),
                (
                    "notification",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="notifications.notification",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Preference",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=wholexale.common.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("chat_message", "Chat Message"),
                            ("offer_received", "Offer Received"),
                            ("offer_response", "Offer Response"),
                            ("offer_accepted", "Offer Accepted"),
                            ("offer_rejected", "Offer Rejected"),
                            ("offer_countered", "Offer Countered"),
                            ("order_placed", "Order Placed"),
                            ("order_confirmed", "Order Confirmed"),
                            ("order_shipped", "Order Shipped"),
                            ("order_delivered", "Order Delivered"),
                            ("payment_received", "Payment Received"),
                            ("payment_failed", "Payment Failed"),
                            ("credit_added", "Credit Added"),
                            ("credit_deducted", "Credit Deducted"),
                            ("system_update", "System Update"),
                            ("promotion", "Promotion"),
                            ("security_alert", "Security Alert"),
                            ("reminder", "Reminder"),
                            ("feedback_request", "Feedback Request"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[("in_app", "In App"), ("push", "Push"), ("email", "Email"), ("sms", "Sms")],
                        max_length=6,
                    ),
                ),
                ("is_on", models.BooleanField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PushSubscription",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=wholexale.common.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(choices=[("web", "Web"), ("fcm", "Fcm")], default="web", max_length=3)),
                (
                    "endpoint",
                    models.CharField(help_text="The address, or the token of Firebase.", max_length=1000, unique=True),
                ),
                (
                    "p256dh",
                    models.CharField(blank=True, help_text="The browser's public key, base64url.", max_length=120),
                ),
                ("auth", models.CharField(blank=True, help_text="The browser's secret, base64url.", max_length=40)),
                ("user_agent", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "last_used_at",
                    models.DateTimeField(blank=True, help_text="When a message was last taken for it.", null=True),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="push_subscriptions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=wholexale.common.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[("in_app", "In App"), ("push", "Push"), ("email", "Email"), ("sms", "Sms")],
                        max_length=6,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("held", "Held"),
                            ("sending", "Sending"),
                            ("sent", "Sent"),
                            ("delivered", "Delivered"),
                            ("bounced", "Bounced"),
                            ("failed", "Failed"),
                            ("suppressed", "Suppressed"),
                            ("skipped", "Skipped"),
                            ("expired", "Expired"),
                            ("unknown", "Unknown"),
                            ("read", "Read"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True, help_text="One of `Reason`, or what a provider calls it.", max_length=40
                    ),
                ),
                (
                    "detail",
                    models.CharField(
                        blank=True, help_text="What a provider said, or until when it waits.", max_length=300
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "notification",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="notifications.notification",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="StoredLetter",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=wholexale.common.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("delivery_id", models.UUIDField(unique=True)),
                ("channel", models.CharField(max_length=5)),
                (
                    "to",
                    models.CharField(
                        help_text="An address, a number, or the id of whose browsers are meant.", max_length=320
                    ),
                ),
                ("type", models.CharField(max_length=40)),
                ("language", models.CharField(max_length=2)),
                ("subject", models.CharField(blank=True, max_length=300)),
                ("text", models.TextField(blank=True)),
                ("html", models.TextField(blank=True)),
                ("headers", models.JSONField(blank=True, default=dict)),
                ("data", models.JSONField(blank=True, default=dict)),
                (
                    "status",
                    models.CharField(default="sent", help_text="What the provider last said of it.", max_length=12),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["channel", "-id"], name="notifications_letter_channel")],
            },
        ),
        migrations.CreateModel(
            name="Suppression",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=wholexale.common.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("channel", models.CharField(choices=[("email", "Email"), ("sms", "Sms")], max_length=5)),
                (
                    "address",
                    models.CharField(
                        help_text="An e-mail address in lower case, or a number in E.164.", max_length=320
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("bounced", "Bounced"),
                            ("complained", "Complained"),
                            ("opted_out", "Opted Out"),
                            ("invalid", "Invalid"),
                        ],
                        max_length=12,
                    ),
                ),
                ("detail", models.CharField(blank=True, help_text="What the provider said.", max_length=200)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("channel", "address"), name="notifications_suppression_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="SystemEvent",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=wholexale.common.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("type", models.CharField(max_length=40)),
                ("subject_type", models.CharField(max_length=20)),
                ("subject_id", models.UUIDField()),
                ("actor_id", models.UUIDField(blank=True, help_text="Empty where the system did it.", null=True)),
                ("business_ids", models.JSONField(blank=True, default=list)),
                ("data", models.JSONField(blank=True, default=dict)),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["type", "id"], name="notifications_event_type"),
                    models.Index(fields=["subject_id", "id"], name="notifications_event_subject"),
                    models.Index(fields=["at"], name="notifications_event_at"),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="digest",
            constraint=models.UniqueConstraint(
                fields=("recipient", "channel", "window_start"), name="notifications_digest_once"
            ),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(fields=["recipient", "-id"], name="notifications_of_recipient"),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", True), ("is_shown", True), ("read_at__isnull", True)),
                fields=["recipient", "expires_at"],
                name="notifications_unread",
            ),
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.UniqueConstraint(
                condition=models.Q(("dedupe_key", ""), _negated=True),
                fields=("recipient", "dedupe_key"),
                name="notifications_told_once",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["state", "run_at"], name="notifications_delivery_due"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["state", "-created_at"], name="notifications_delivery_state"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["provider", "provider_id"], name="notifications_by_provider"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("digest__isnull", True), ("window_start__isnull", False)),
                fields=["channel", "window_start"],
                name="notifications_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(fields=("notification", "channel"), name="notifications_delivery_once"),
        ),
        migrations.AddConstraint(
            model_name="preference",
            constraint=models.UniqueConstraint(
                fields=("user", "type", "channel"), name="notifications_preference_once"
            ),
        ),
        migrations.AddIndex(
            model_name="step",
            index=models.Index(fields=["notification", "id"], name="notifications_trace"),
        ),
    ]
