"""Headers that every answer bears, whoever asks and whatever becomes of it: the one place where they stand."""

from flask import Flask, Response, current_app, request

from outreach.web import drawing

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; worker-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

UNUSED = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "hid",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "serial",
    "usb",
    "xr-spatial-tracking",
)
"""What a browser can do and no page of ours asks for; copying to the clipboard is not among them."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Says less than frame-ancestors, for the scanners and old browsers that look for it alone.
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    # Nothing of ours is for another site's page; programs that fetch a calendar or the feed are no pages.
    "Cross-Origin-Resource-Policy": "same-origin",
    # Pages load what is ours alone (POLICY), so that it keeps nothing out.
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in UNUSED),
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}
"""Each stands unless its page says otherwise."""

TWO_YEARS = "max-age=63072000"
"""How long a browser stays with https; for subdomains too where HSTS_SUBDOMAINS says that none is another's."""


def init_app(app: Flask) -> None:
    app.after_request(_headers)


def _headers(response: Response) -> Response:
    secure = request.is_secure or str(current_app.config["PUBLIC_URL"]).startswith("https://")
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if secure:
        below = "; includeSubDomains" if current_app.config["HSTS_SUBDOMAINS"] else ""
        response.headers.setdefault("Strict-Transport-Security", TWO_YEARS + below)
    return drawing.allow(response)
