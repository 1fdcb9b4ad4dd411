"""Signatures of what a program is told, as the Standard Webhooks have them. Pure.

HMAC-SHA256 over id, time and body, under each secret that holds: whoever reads takes it if one of them is theirs, and
passes over what is older than five minutes.
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime

from outreach.post.webhooks.subscriptions import PREFIX


def headers(uid: str, body: bytes, secrets: Sequence[str], *, now: datetime) -> Mapping[str, str]:
    """webhook-id, webhook-timestamp, webhook-signature."""
    moment = str(int(now.timestamp()))
    signed = f"{uid}.{moment}.".encode() + body
    return {
        "webhook-id": uid,
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(_signature(secret, signed) for secret in secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = b64decode(secret.removeprefix(PREFIX))
    return "v1," + b64encode(hmac.digest(key, signed, "sha256")).decode()
