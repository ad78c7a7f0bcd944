"""`ETag` and `If-Match` of REST: the version of what is answered, and those on top of which a change may come."""

from http import HTTPStatus

from django.http import HttpResponse
from django.utils.http import parse_etags
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from wholexale.common.api.schema import Documented
from wholexale.common.errors import FieldError, ValidationFailed
from wholexale.common.versions import ANY, Seen

HEADER = "If-Match"

SHOWN = Documented(
    [
        OpenApiParameter(
            "ETag",
            OpenApiTypes.STR,
            OpenApiParameter.HEADER,
            description="The version in quotes, to be sent as `If-Match` with a change.",
            response=[HTTPStatus.OK, HTTPStatus.CREATED],
        )
    ]
)
ASKED = Documented(
    [
        OpenApiParameter(
            HEADER,
            OpenApiTypes.STR,
            OpenApiParameter.HEADER,
            description="`ETag`s that were seen, with commas, or `*`: what has another version by now stays as it is.",
        )
    ],
    {412: "PRECONDITION_FAILED: it was changed since the caller has seen it"},
)


def seen_by(request: Request) -> Seen:
    """Return the versions that the sender of a request has seen.

    Weak tags count for nothing. A proxy that compresses an answer adds the coding to its tag: `"3-gzip"` is `"3"`.

    Raises:
        ValidationFailed: for a header without any tag.
    """
    said = request.headers.get(HEADER)
    if said is None:
        return None
    tags = parse_etags(said)
    if not tags:
        raise ValidationFailed(details=[FieldError(path=HEADER, msg='Expected "tags" or *', location="headers")])
    if tags == ["*"]:
        return ANY
    return frozenset(tag.strip('"').partition("-")[0] for tag in tags if tag.startswith('"')) - ANY


def show_version(response: HttpResponse, version: object) -> None:
    """Send a version as the tag of an answer; None is none."""
    if version is not None:
        response["ETag"] = f'"{version}"'
