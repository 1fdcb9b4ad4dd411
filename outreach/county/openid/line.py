"""The line to a sign-in provider: one question over https and its answer as JSON, bounded in time and size."""

import time
from collections.abc import Mapping
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from outreach.county.sign_in_providers import is_safe
from outreach.ground import from_outside
from outreach.ground.errors import Refusal

A_LINE = 5
"""Seconds that it may say nothing."""
AT_MOST = 10
"""Seconds that one answer may take."""
MOST_BYTES = 500_000


class ProviderDown(Refusal):
    """No answer that makes sense, for now. Its text says so to who wants in; `why`, to who runs the service."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "The sign-in of your council does not answer just now. Try again in a few minutes. If it goes on, ask "
            "whoever runs this service for a one-time sign-in link."
        )
        self.why = why


class SaidNo(Exception):
    """It understood, and will not: `code` is its word of RFC 6749 5.2, or ''."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status, self.code = status, code


class _NoRedirect(HTTPRedirectHandler):
    """What was meant for the provider is not sent on to another."""

    def redirect_request(self, *args: Any, **named: Any) -> None:
        return None


def ask(address: str, *, body: str | None = None, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What it answers, a JSON object; with a body it is sent a form. Raises ProviderDown, SaidNo (4xx)."""
    if not is_safe(address):
        raise ProviderDown(f"it names an address without https: {address[:200]}")
    wanted = {"Accept": "application/json", **(headers or {})}
    request = Request(address, None if body is None else body.encode(), wanted)
    deadline = time.monotonic() + AT_MOST
    try:
        with build_opener(_NoRedirect).open(request, timeout=A_LINE) as answer:
            return _object(_all_of(answer, deadline))
    except HTTPError as error:
        with error:
            raise _refused(error) from None
    except TimeoutError:
        raise ProviderDown("it did not answer in time") from None
    except (OSError, HTTPException) as error:
        raise ProviderDown(f"it cannot be reached: {getattr(error, 'reason', None) or error}") from None


def _all_of(answer: HTTPResponse, deadline: float) -> bytes:
    """The whole answer, however slowly it trickles, within its time."""
    parts, size = [], 0
    while part := answer.read1(65536):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise ProviderDown("its answer is larger than any that was asked for")
        if time.monotonic() > deadline:
            raise ProviderDown("it did not answer in time")
    return b"".join(parts)


def _object(answer: bytes) -> dict[str, Any]:
    try:
        told = from_outside.json_of(answer)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise ProviderDown("its answer is no JSON object")
    return told


def _refused(error: HTTPError) -> ProviderDown | SaidNo:
    if error.code in (408, 425, 429) or not 400 <= error.code < 500:
        return ProviderDown(f"it answers {error.code}")
    try:
        told = from_outside.json_of(error.read(10_000))
        code = told.get("error", "") if isinstance(told, dict) else ""
    except (ValueError, OSError, HTTPException):
        code = ""
    return SaidNo(error.code, str(code)[:60])
