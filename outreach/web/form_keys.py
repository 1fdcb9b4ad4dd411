"""Keys of forms: one for each that is filled in, so that a form that is sent twice does its deed once."""

import hashlib
import json
import re
import secrets

from flask import g, request

from outreach.ground.errors import SentAlready

NO_ANSWERS = ("csrf_token", "key", "opened", "waited")
"""What a form carries along beside what somebody typed."""


def key_of() -> str:
    """The key of this form: as posted, else a new one; a new one, too, where it is shown again because the old one did
    its deed."""
    posted = request.form.get("key", "")
    if not _KEY.fullmatch(posted) or isinstance(g.get("refusal"), SentAlready):
        return secrets.token_urlsafe(16)
    return posted


def said() -> str:
    """A digest of all that was typed into the form, whatever it asks: the same form sent again has the same."""
    typed = sorted(pair for pair in request.form.items(multi=True) if pair[0] not in NO_ANSWERS)
    return hashlib.sha256(json.dumps(typed).encode()).hexdigest()


_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
