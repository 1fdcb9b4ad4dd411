"""Calendars to subscribe to, as programs fetch them: handed out as kept, or 'unchanged' in one query."""

from typing import Any

from flask import Response, request, stream_with_context

from outreach.ground import clock
from outreach.post.feeds import addresses, entries
from outreach.web import subscribing
from outreach.web.gate import open_to_all, public

UNKNOWN = "There is no calendar at this address. Ask whoever gave it to you for a new one.\n"
REVOKED = (
    "This calendar address has been withdrawn. Ask whoever gave it to you for a new one, and remove this one "
    "from your calendar.\n"
)


@public.get("/calendar/<token>.ics")
@open_to_all
def calendar(token: str) -> Any:
    """The feed behind a token. Its address is a secret: it is written to no log of ours."""
    now = clock.now()
    found = addresses.state(token, keys=subscribing.keys(), now=now)
    if found is None or found.feed.withdrawn_at is not None:
        status, words = (404, UNKNOWN) if found is None else (410, REVOKED)
        return Response(words, status, content_type="text/plain; charset=utf-8")
    response = Response(content_type="text/calendar; charset=utf-8")
    response.headers["Cache-Control"] = "private, max-age=300, must-revalidate"
    response.vary.add("Accept-Encoding")
    response.set_etag(found.etag, weak=True)
    if request.if_none_match.contains_weak(found.etag):
        response.status_code = 304
        del response.headers["Content-Type"]
        return response
    packed = request.accept_encodings["gzip"] > 0
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    if request.method == "HEAD":
        # Nothing is read for it, so how long it would be is not known; an empty list would be said to be 0
        # long.
        response.response = iter(())
        return response
    feed = found.feed
    pieces = entries.body(feed.kind, feed.subject, feed.label, now=now, holder=feed.holder)
    response.response = stream_with_context(entries.gzipped(pieces) if packed else pieces)
    return response
