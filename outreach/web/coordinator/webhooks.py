"""Webhooks: made here, tried, given another secret, stopped; and what was told to each, with what it answered."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.post.webhooks import deliveries, events, subscriptions
from outreach.web import forms
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.refusals import back_to

STANDS = {
    deliveries.WAITING: "on the way",
    deliveries.TAKEN: "taken",
    deliveries.DEAD: "never taken",
    deliveries.WITHDRAWN: "not sent",
}


class WebhookForm(forms.Form):
    label = forms.text(
        "Who is told",
        required="Enter who is told, for example The council’s case system.",
        at_most=80,
        hint="For example: The council’s case system",
    )
    address = forms.text(
        "At which address",
        required="Enter the address, which begins with https://.",
        at_most=500,
        hint="It begins with https:// and lies on the internet at large.",
    )
    events = forms.ticks(
        "Told when",
        [(kind, f"{said} ({kind})") for kind, said in subscriptions.EVENTS.items()],
        default=list(subscriptions.EVENTS),
    )


@coordinator.route("/reports/webhooks", methods=["GET", "POST"])
@coordinators_only
def webhooks() -> Any:
    """The webhooks; the form makes one, whose secret this one answer shows."""
    form, made, secret = WebhookForm(), None, None
    if form.validate_on_submit():
        subscriptions.check_lies_outside(form.address.data or "")
        with transaction():
            made, secret = subscriptions.make(
                g.partnership.id,
                form.label.data or "",
                form.address.data or "",
                form.events.data or (),
                who=who(),
                now=clock.now(),
            )
        form = WebhookForm(formdata=None)
    return render_template(
        "coordinator/webhooks.html",
        form=form,
        made=made,
        secret=secret,
        webhooks=subscriptions.every(g.partnership.id),
        counts=deliveries.counts(g.partnership.id),
    ), 422 if request.method == "POST" and made is None else 200


@coordinator.get("/reports/webhooks/<int:webhook_id>")
@coordinators_only
def webhook(webhook_id: int) -> Any:
    """One, and what was told to it."""
    return _page(subscriptions.get(g.partnership.id, webhook_id))


@coordinator.post("/reports/webhooks/<int:webhook_id>/secret")
@coordinators_only
def webhook_secret(webhook_id: int) -> Any:
    """Another secret, which this one answer shows."""
    with back_to(_to(webhook_id)), transaction():
        row = subscriptions.get(g.partnership.id, webhook_id)
        secret = subscriptions.new_secret(row, who=who(), now=clock.now())
    return _page(row, secret=secret)


@coordinator.post("/reports/webhooks/<int:webhook_id>/try")
@coordinators_only
def webhook_try(webhook_id: int) -> Any:
    with back_to(_to(webhook_id)), transaction():
        row = subscriptions.get(g.partnership.id, webhook_id)
        events.put_test(row, who=who(), now=clock.now())
    flash("A delivery to try it by is on its way. Look again in a moment to see what was answered.", "done")
    return redirect(_to(webhook_id), 303)


@coordinator.post("/reports/webhooks/<int:webhook_id>/stop")
@coordinators_only
def webhook_stop(webhook_id: int) -> Any:
    with transaction():
        row = subscriptions.get(g.partnership.id, webhook_id)
        label = row.label
        subscriptions.stop(row, who=who(), now=clock.now())
        deliveries.withdraw_waiting(row, now=clock.now())
    flash(f"‘{label}’ is told nothing any more.", "done")
    return redirect(url_for("coordinator.webhooks"), 303)


@coordinator.post("/reports/webhooks/<int:webhook_id>/again/<int:delivery_id>")
@coordinators_only
def webhook_again(webhook_id: int, delivery_id: int) -> Any:
    with transaction():
        row = subscriptions.get(g.partnership.id, webhook_id)
        deliveries.again(row, delivery_id, who=who(), now=clock.now())
    flash("It goes again, with all its tries.", "done")
    return redirect(_to(webhook_id), 303)


def _to(webhook_id: int) -> str:
    return url_for("coordinator.webhook", webhook_id=webhook_id)


def _page(row: subscriptions.Webhook, secret: str | None = None) -> Any:
    return render_template(
        "coordinator/webhook.html",
        webhook=row,
        secret=secret,
        words=subscriptions.EVENTS,
        stands=STANDS,
        deliveries=deliveries.newest(row.id),
    )
