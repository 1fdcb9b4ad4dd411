"""The status page: whether letters go out and answers come in, and what to do when they do not."""

from typing import Any

from flask import current_app, g, render_template

from outreach.asking.chasing import settings as chasing
from outreach.ground import clock
from outreach.post.monitoring import watch
from outreach.privacy import runs, sweep
from outreach.web.gate import coordinator, coordinators_only


@coordinator.get("/status")
@coordinators_only
def status() -> Any:
    now = clock.now()
    state = watch.state(now, g.partnership.id)
    settings = current_app.config
    ran_at = chasing.last_run()
    return render_template(
        "coordinator/status.html",
        ran_at=ran_at,
        late=chasing.is_late(ran_at, now=now),
        swept=runs.last(g.partnership.id),
        swept_words=sweep.in_words,
        state=state,
        now=now,
        minutes=lambda since: int((now - since).total_seconds() // 60),
        findings=watch.findings(state, now),
        polls=bool(settings["IMAP_URL"]),
        folder="" if settings["SMTP_URL"] else settings["MAIL_FOLDER"],
    )
