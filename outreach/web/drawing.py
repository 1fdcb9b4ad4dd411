"""Numbers that a page is drawn by: rules of a style element which the page's policy allows by its nonce."""

import secrets

from flask import Response, g
from markupsafe import Markup

STYLES_OF_OURS = "style-src 'self'"


class Drawing:
    """What stands where on one page. Stylesheets read the numbers as custom properties: placed(x=3) is --x."""

    def __init__(self) -> None:
        self._rules: dict[str, str] = {}

    def placed(self, **numbers: int) -> str:
        """The class of whatever is drawn by these numbers, which it names: 'at-x3-w8'."""
        name = "at" + "".join(f"-{key}{number:d}" for key, number in numbers.items())
        self._rules[name] = ";".join(f"--{key}:{number:d}" for key, number in numbers.items())
        return name

    def style(self) -> Markup:
        """The page's style element; nothing where nothing was placed."""
        if not self._rules:
            return Markup()
        g.style_nonce = secrets.token_urlsafe(16)
        rules = "".join(f".{name}{{{told}}}" for name, told in self._rules.items())
        return Markup('<style nonce="{}">{}</style>').format(g.style_nonce, Markup(rules))


def allow(response: Response) -> Response:
    """The answer, its policy naming the style element of its page, if it has one."""
    nonce, policy = g.pop("style_nonce", None), response.headers["Content-Security-Policy"]
    if nonce:
        response.headers["Content-Security-Policy"] = policy.replace(
            STYLES_OF_OURS, f"{STYLES_OF_OURS} 'nonce-{nonce}'"
        )
    return response
