"""A troupe's agreement with another partnership as both doors offer it, the coordinators' and the company's: a code to
give away, and the end of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request

from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.tour import agreeing, agreements
from outreach.tour.companies import Troupe
from outreach.web.refusals import refused, status


@dataclass(frozen=True, kw_only=True)
class Door:
    """One door's templates and addresses, and who comes in by it. `more`: what its templates need besides."""

    folder: str
    who: str
    page: str
    code: str
    end: str
    more: Mapping[str, Any]


def page(troupe: Troupe, door: Door, *, made: str = "", **more: Any) -> Any:
    """Whether it has one, and what to do about it. `made`: the code just made, which stands nowhere else."""
    shown = render_template(
        f"{door.folder}/agreement.html",
        troupe=troupe,
        door=door,
        agreement=agreements.of_troupe(troupe.id),
        code=agreeing.code_of(troupe.id, now=clock.now()),
        made=made,
        **door.more,
        **more,
    )
    return shown


def make_code(troupe: Troupe, door: Door, **more: Any) -> Any:
    """A new code, shown this once."""
    with transaction():
        made = agreeing.make_code(troupe, who=door.who, now=clock.now())
    return page(troupe, door, made=made, **more)


def end(troupe: Troupe, door: Door) -> Any:
    """What ending it means; a POST ends it."""
    refusal = refused()
    if request.method == "POST" and refusal is None:
        with transaction():
            agreeing.end(troupe, who=door.who, now=clock.now())
        flash(f"The agreement of {troupe.name} is ended. Shows stay as they are.", "done")
        return redirect(door.page, 303)
    if agreements.of_troupe(troupe.id) is None and refusal is None:
        return redirect(door.page, 303)
    shown = render_template(
        f"{door.folder}/agreement_end.html", troupe=troupe, door=door, refusal=refusal, **door.more
    )
    return shown, status()
