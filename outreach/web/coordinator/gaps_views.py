"""Views of the gaps list kept under a name: kept, removed, and put back."""

from typing import Any
from urllib.parse import urlencode

from flask import flash, g, redirect, request, url_for
from flask_login import current_user
from werkzeug import Response

from outreach.county.coordinators import Coordinator
from outreach.coverage.gaplist import missing, saved_views
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.web.coordinator.as_of import view
from outreach.web.coordinator.gaps_query import in_form, list_address, query_from_address
from outreach.web.coordinator.gaps_shown import page_of
from outreach.web.fields import tidy
from outreach.web.gate import coordinator, coordinators_only
from outreach.web.refusals import refused


@coordinator.post("/gaps/views")
@coordinators_only
def gaps_view_save() -> Any:
    """Keep what the list shows; refused, the list says why, with the name that was typed."""
    seen = view(g.partnership.id, clock.now())
    if seen.programme is None:
        return redirect(url_for("coordinator.gaps"), 303)
    found = missing.missing_from_programme(seen.programme, now=seen.now)
    own = query_from_address(request.form, found)
    if (no := refused()) is not None:
        return page_of(found, own, seen.programmes, seen.left_out, wrong=no.message, wrong_at="#view-name")
    shared = bool(request.form.get("shared"))
    with transaction():
        person = db.session.get_one(Coordinator, current_user.person_id)
        name = tidy(request.form.get("name"))[:200]
        kept = saved_views.save(person, name, own.address(), shared=shared, now=clock.now()).name
    flash(f"‘{kept}’ is kept{' for all of you' if shared else ''}. It stands under View.", "done")
    return redirect(list_address(found, own), 303)


@coordinator.post("/gaps/views/<int:view_id>/remove")
@coordinators_only
def gaps_view_remove(view_id: int) -> Any:
    with transaction():
        saved_views.end(_ours(view_id), now=clock.now())
    return _back(removed_view=str(view_id))


@coordinator.post("/gaps/views/<int:view_id>/restore")
@coordinators_only
def gaps_view_restore(view_id: int) -> Any:
    """One click undoes the removal."""
    if (no := refused()) is not None:
        flash(no.message, "confirm")
        return _back()
    with transaction():
        name = saved_views.restore(_ours(view_id), now=clock.now()).name
    flash(f"‘{name}’ stands under View again.", "done")
    return _back()


def _ours(view_id: int) -> saved_views.SavedView:
    return saved_views.get(view_id, current_user.person_id, partnership_id=g.partnership.id)


def _back(**more: str) -> Response:
    """To the list as it was filtered."""
    words = [*in_form().items(multi=True), *more.items()]
    return redirect(f"{url_for('coordinator.gaps')}?{urlencode(words)}", 303)
