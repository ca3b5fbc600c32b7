"""Every error of the site, answered in JSON with its reason."""

from django.core.exceptions import BadRequest
from django.http import HttpRequest, JsonResponse


def bad_request(_request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer 400; only what a view says about the request is repeated, not what Django's own checks say."""
    reason = str(exception) if isinstance(exception, BadRequest) else "Bad Request"
    return JsonResponse({"error": reason}, status=400)


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer 404."""
    # An unknown address is reported by an exception that lists all known ones.
    reason = str(exception) if request.resolver_match else f"There is nothing at {request.path}"
    return JsonResponse({"error": reason}, status=404)


def server_error(_request: HttpRequest) -> JsonResponse:
    """Answer 500; the cause is in the log."""
    return JsonResponse({"error": "Internal Server Error"}, status=500)
