"""The post in figures, as Prometheus reads them (text exposition format 0.0.4). Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from outreach.post.monitoring.watch import PostState
from outreach.post.outgoing import pauses

Samples = Iterable[tuple[Mapping[str, str], float]]


def text(state: PostState, now: datetime) -> str:
    """Every figure is a gauge of this moment; an instant that never was is left out, since there is no number
    for it."""
    looked = state.looked
    lines = [
        _gauge(
            "outreach_letters",
            "Letters by where they stand.",
            (({"status": s}, n) for s, n in state.counts.items()),
        ),
        _gauge(
            "outreach_letters_due", "Letters that could go this moment and have not.", _one(state.queue.due)
        ),
        _gauge(
            "outreach_oldest_due_letter_seconds",
            "For how long the oldest of these could have gone.",
            _one(state.queue.age(now).total_seconds()),
        ),
        _gauge(
            "outreach_post_held_up",
            "1 when the mail server refuses us, cannot be reached, or takes one line at a time.",
            (({"kind": kind}, int(state.pause is not None and state.pause.kind == kind)) for kind in _KINDS),
        ),
        _gauge("outreach_postmen", "Processes on duty that send letters.", _one(len(state.postmen))),
        _gauge(
            "outreach_last_sent_timestamp_seconds",
            "When the mail server last took a letter.",
            _at(state.last_sent_at),
        ),
        _gauge(
            "outreach_mailbox_looked_timestamp_seconds",
            "When the mailbox was last looked into.",
            _at(looked.looked_at if looked else None),
        ),
        _gauge(
            "outreach_mailbox_read_timestamp_seconds",
            "When the mailbox could last be read.",
            _at(looked.succeeded_at if looked else None),
        ),
        _gauge("outreach_inbox_waiting", "Mails that wait for a coordinator.", _one(state.unread)),
    ]
    return "".join(lines)


_KINDS = (pauses.REFUSED, pauses.UNREACHABLE, pauses.CROWDED)


def _gauge(name: str, help_: str, samples: Samples) -> str:
    """One figure with its help. Values of labels are words of ours: nothing in them needs escaping."""
    lines = [
        name
        + ("{" + ",".join(f'{k}="{v}"' for k, v in labels.items()) + "}" if labels else "")
        + f" {value:.15g}\n"
        for labels, value in samples
    ]
    return f"# HELP {name} {help_}\n# TYPE {name} gauge\n" + "".join(lines) if lines else ""


def _one(value: float) -> Samples:
    return [({}, value)]


def _at(moment: datetime | None) -> Samples:
    return [({}, moment.timestamp())] if moment else []
