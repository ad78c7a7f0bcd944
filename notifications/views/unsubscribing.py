"""`/api/notifications/unsubscribe/:token`: the link in a mail, for mail programs (RFC 8058) and for people."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications import services, wording
from wholexale.common.errors import NotFound


@csrf_exempt  # a mail program sends it: the signature in the address is what proves it
@require_http_methods(["GET", "POST"])
def unsubscribe_page(request: HttpRequest, token: str) -> HttpResponse:
    """Ask on GET, for programs that look for viruses open every link; turn it off on POST."""
    is_done = request.method == "POST"
    try:
        way = services.unsubscribe(token) if is_done else services.way_of(token)
    except NotFound:
        return HttpResponse(status=HTTPStatus.NOT_FOUND)
    language = wording.language_of(str(way.user.preferences.get("language", "")))
    said, name = wording.leaving(language), wording.type_name(way.type, language)
    context = {
        "language": language,
        "said": said,
        "line": (said.done if is_done else said.question).format(type=name),
        "is_done": is_done,
    }
    return render(request, "notifications/unsubscribe.html", context)
