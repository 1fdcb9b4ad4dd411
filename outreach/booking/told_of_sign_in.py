"""Person told that the way they sign in was changed; and their second factor reset, who lost the phone."""

from datetime import datetime

from outreach.booking import told
from outreach.county import coordinators, partnerships, passkeys, second_factors, sign_in_sessions
from outreach.county.coordinators import Coordinator
from outreach.post import outbox
from outreach.post.about_sign_in import sign_in_changed
from outreach.post.stationery import Addressee


def reset_factor(person: Coordinator, *, who: str, now: datetime) -> None:
    """Their app and their passkeys are asked no more, every session and every open link ends, and they are told who did
    it. Raises NoSuchSecondFactor."""
    partnerships.lock(person.partnership_id)  # before the person, as whoever lets a person leave does it
    coordinators.lock(person)
    removed = passkeys.remove_all_of(person.id, who=who, now=now)
    if not removed or second_factors.standing(person.id) is not None:
        second_factors.end(person.id, who=who, now=now)
    coordinators.keep_out(person, sign_in_sessions.RIGHTS_CHANGED, now=now)
    said = "Whoever runs this service" if who == "command line" else who
    tell(
        person,
        f"{said} reset your second factor: your password alone lets you in now.",
        of=f"{person.id} reset {now.timestamp():.0f}",
        now=now,
    )


def tell(person: Coordinator, said: str, *, of: str, now: datetime) -> None:
    """`said`: what changed, a sentence; `of`: what it is of, so that the same is not told twice. Nobody is told at an
    address that is dead."""
    if not outbox.is_dead(person.email):
        sign_in_changed(
            said,
            Addressee(address=person.email, name=person.name),
            told.sender_of(partnerships.get(person.partnership_id)),
            of=of,
            now=now,
        )
