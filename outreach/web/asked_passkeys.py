"""Challenge that this browser was given for a passkey: which it is stands in the signed cookie, the challenge itself in
the database, where it is taken once."""

from datetime import datetime

from flask import session

from outreach.county import passkeys
from outreach.county.passkeys import PasskeyChallenge
from outreach.web.way_in import network_of_request

_NAME = "passkey"


def begin(purpose: str, *, person_id: int, now: datetime) -> PasskeyChallenge:
    """`person_id`: whose passkey is asked for; 0 where that is not known. Raises TooManyAsked."""
    challenge = passkeys.ask(purpose, origin=network_of_request(), now=now)
    session[_NAME] = [challenge.id, person_id]
    return challenge


def take(purpose: str, *, person_id: int, now: datetime) -> str | None:
    """The challenge that was given for this, used up, in a transaction of its own; else None."""
    try:
        challenge_id, of = session.pop(_NAME, ())
    except ValueError:
        return None
    return passkeys.use_challenge(challenge_id, purpose, now=now) if of == person_id else None
