"""Events of the transaction under way of which programs are told, and their rows, put down at its end and in it.

A room notes what came about (`note`); at the end (db.LAST_DEEDS) it is asked once which programs of the partnership are
told of that. What is told is places, times and numbers of rows: nobody's name, address or word.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from outreach.ground import history
from outreach.ground.db import db
from outreach.post.webhooks import deliveries, subscriptions
from outreach.post.webhooks.deliveries import WebhookDelivery
from outreach.post.webhooks.subscriptions import TEST, Webhook

NOTED = "of which programs are told"
"""The mark of a transaction in which something came about."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """`about`: what is told of it, asked for where somebody is told; None: of nobody's concern."""

    kind: str
    partnership_id: int
    about: Callable[[], Mapping[str, Any] | None]


def note(session: Session, key: tuple[str, int], event: Event) -> None:
    """`key`: of the thing that it is about; what is noted later of the same stands in the place of what was before."""
    session.info.setdefault(NOTED, {})[key] = event


def noted(session: Session, key: tuple[str, int]) -> Event | None:
    """What was noted of a thing so far."""
    found: Event | None = session.info.get(NOTED, {}).get(key)
    return found


def forget(session: Session, key: tuple[str, int]) -> None:
    """Nothing came of it after all."""
    session.info.get(NOTED, {}).pop(key, None)


def put_down(*, now: datetime) -> None:
    """A delivery to each program that is told of what was noted; one query where there is none."""
    events: list[Event] = list(db.session.info.pop(NOTED, {}).values())
    hooks = subscriptions.telling({e.partnership_id for e in events}) if events else []
    for event in events:
        told = [h for h in hooks if h.partnership_id == event.partnership_id and event.kind in h.events]
        about = event.about() if told else None
        if about is not None:
            body = _body(event.kind, about, now)
            db.session.add_all(_delivery(hook, event.kind, body, now) for hook in told)


def put_test(webhook: Webhook, *, who: str, now: datetime) -> WebhookDelivery:
    """Something to try a program by. Raises WebhookStopped."""
    subscriptions.still_told(webhook)
    deliveries.release(webhook, now=now)
    delivery = _delivery(webhook, TEST, _body(TEST, {}, now), now)
    db.session.add(delivery)
    db.session.flush()
    history.record("tried", webhook, who=who, now=now, after=webhook.label)
    return delivery


def _body(kind: str, about: Mapping[str, Any], now: datetime) -> str:
    told = {"type": kind, "timestamp": now.isoformat(timespec="seconds"), "data": about}
    return json.dumps(told, separators=(",", ":"))


def _delivery(webhook: Webhook, kind: str, body: str, now: datetime) -> WebhookDelivery:
    return WebhookDelivery(
        partnership_id=webhook.partnership_id,
        webhook_id=webhook.id,
        uid=f"msg_{uuid.uuid4().hex}",
        event=kind,
        body=body,
        created_at=now,
        not_before=max(now, webhook.held_until or now),
    )
