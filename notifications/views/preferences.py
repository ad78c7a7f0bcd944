"""`/api/notifications/preferences`."""

from rest_framework.request import Request
from rest_framework.views import APIView

from notifications import services
from notifications.serializers import preferences as shapes
from notifications.views.caller import caller
from wholexale.common.api import endpoint


class PreferencesView(APIView):
    """`notifications/preferences`."""

    @endpoint(returns=shapes.PreferencesFound)
    def get(self, request: Request) -> shapes.PreferencesFound:
        """Say how the caller wants to be told."""
        return shapes.PreferencesFound(preferences=shapes.preferences(caller(request)))

    @endpoint(body=shapes.PreferencesBody, returns=shapes.PreferencesSaved, errors={400: "VALIDATION_FAILED"})
    def put(self, request: Request, body: shapes.PreferencesBody) -> shapes.PreferencesSaved:
        """Change how the caller wants to be told; what is not sent stays as it is."""
        saved = services.save_preferences(actor=caller(request), wishes=body.wishes())
        return shapes.PreferencesSaved(message="The preferences were saved.", preferences=shapes.preferences(saved))
