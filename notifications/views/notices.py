"""`/api/notifications`."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.views import APIView

from notifications import selectors, services
from notifications.models import Type
from notifications.serializers import notices as shapes
from notifications.views.caller import caller, chosen
from wholexale.common.api import endpoint, paginate

UNSEEN = "NOTIFICATION_NOT_FOUND"


class NotificationsView(APIView):
    """`notifications`."""

    @endpoint(query=shapes.NotificationQuery, returns=shapes.NotificationPage, errors={400: "VALIDATION_FAILED"})
    def get(self, request: Request, query: shapes.NotificationQuery) -> shapes.NotificationPage:
        """List what the caller was told, newest first."""
        actor = caller(request)
        rows = selectors.own_notifications(actor=actor, wanted=query.wanted())
        found, pagination = paginate(rows, query, shapes.notification_list)
        unread = selectors.unread_count(actor=actor)
        return shapes.NotificationPage(notifications=found, pagination=pagination, unread_count=unread)

    @endpoint(body=shapes.DeletionBody, returns=shapes.Deleted, errors={400: "VALIDATION_FAILED"})
    def delete(self, request: Request, body: shapes.DeletionBody) -> shapes.Deleted:
        """Put several notifications away."""
        count = services.delete_notifications(actor=caller(request), notification_ids=body.notification_ids)
        return shapes.Deleted(message="The notifications were deleted.", deleted_count=count)


class UnreadCountView(APIView):
    """`notifications/unread-count`."""

    @endpoint(returns=shapes.UnreadCount)
    def get(self, request: Request) -> shapes.UnreadCount:
        """Count what the caller has not read."""
        return shapes.UnreadCount(unread_count=selectors.unread_count(actor=caller(request)))


class ReadAllView(APIView):
    """`notifications/read-all`."""

    @endpoint(returns=shapes.Confirmation)
    def put(self, request: Request) -> shapes.Confirmation:
        """Note that everything was read."""
        services.mark_all_read(actor=caller(request))
        return shapes.Confirmation(message="All notifications are read.")


class TestView(APIView):
    """`notifications/test`."""

    @endpoint(
        body=shapes.TestBody, returns=shapes.NotificationAnswer, errors={400: "VALIDATION_FAILED", 429: "RATE_LIMITED"}
    )
    def post(self, request: Request, body: shapes.TestBody) -> shapes.NotificationAnswer:
        """Tell the caller something, as any notification of the type would be told."""
        told = services.tell_test(actor=caller(request), type=Type(body.type), message=body.message)
        shape = selectors.notification_shape(told, timezone.now())
        return shapes.NotificationAnswer(message="The test notification was sent.", notification=shape)


class NotificationView(APIView):
    """`notifications/:id`."""

    @endpoint(returns=shapes.NotificationFound, errors={404: UNSEEN})
    def get(self, request: Request, notification: str) -> shapes.NotificationFound:
        """Read a notification; that does not mark it as read."""
        found = selectors.access_notification(actor=caller(request), notification_id=chosen(notification))
        return shapes.NotificationFound(notification=selectors.notification_shape(found, timezone.now()))

    @endpoint(returns=shapes.Confirmation, errors={404: UNSEEN})
    def delete(self, request: Request, notification: str) -> shapes.Confirmation:
        """Put a notification away."""
        services.delete_notification(actor=caller(request), notification_id=chosen(notification))
        return shapes.Confirmation(message="The notification was deleted.")


class ReadView(APIView):
    """`notifications/:id/read`."""

    @endpoint(returns=shapes.Confirmation, errors={404: UNSEEN})
    def put(self, request: Request, notification: str) -> shapes.Confirmation:
        """Note that a notification was read."""
        services.mark_read(actor=caller(request), notification_id=chosen(notification))
        return shapes.Confirmation(message="The notification is read.")


class TraceView(APIView):
    """`notifications/:id/trace`."""

    @endpoint(returns=shapes.Trace, errors={404: UNSEEN})
    def get(self, request: Request, notification: str) -> shapes.Trace:
        """Say on which ways a notification went out, how far it came, and why not further."""
        found = selectors.access_notification(actor=caller(request), notification_id=chosen(notification))
        return shapes.trace(found)
