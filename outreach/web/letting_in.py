"""Beginning of a session, the same at every door that lets a person in, with a letter where the device is new."""

from datetime import datetime

from flask import session
from flask_login import current_user, login_user

from outreach.booking import told
from outreach.county import coordinators, partnerships, sign_in_sessions
from outreach.county.coordinators import Coordinator
from outreach.ground import whose
from outreach.post import outbox
from outreach.post.about_sign_in import new_device
from outreach.post.stationery import Addressee
from outreach.web import known_devices
from outreach.web.gate import SignedIn


def begin(
    person: Coordinator, *, by_link: bool, by: str = "", factor_at_provider: bool = False, now: datetime
) -> SignedIn:
    """A session with an identifier of its own, whatever the browser came with; one that it had ends. In the door's
    transaction, which `enter` follows."""
    if current_user.is_authenticated:
        with whose.bound(current_user.partnership_id):  # who signed in before may be another partnership's
            sign_in_sessions.end(current_user.session_id, why=sign_in_sessions.SIGNED_IN_ANEW, now=now)
    device = known_devices.in_words()
    begun, token = sign_in_sessions.begin(
        person.id,
        partnership_id=person.partnership_id,
        device=device,
        by_link=by_link,
        factor_at_provider=factor_at_provider,
        now=now,
    )
    if not known_devices.known_of(person.id) and not outbox.is_dead(person.email):
        new_device(
            device,
            Addressee(address=person.email, name=person.name),
            told.sender_of(partnerships.get(person.partnership_id)),
            session_id=begun.id,
            now=now,
        )
    coordinators.note_sign_in(person, device=device, by=by or ("link" if by_link else "password"), now=now)
    return SignedIn(person, begun, token)


def enter(who: SignedIn) -> None:
    """The browser holds the session's token, and nothing of what it held before."""
    session.clear()
    session.permanent = True
    login_user(who)
    session.pop("_id")  # a hash of address and browser, which we do not ask for
    known_devices.remember(who.person_id)
