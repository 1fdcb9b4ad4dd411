"""flask register: a look at what a register file would change, and its application."""

import os
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO

import click
from flask.cli import AppGroup

from outreach.booking import limits
from outreach.county import partnerships
from outreach.county import register as incoming
from outreach.county.authorities import hand_over as hand_authority_over
from outreach.county.corrections import FIELDS
from outreach.county.register import Change, Changes, Facts, RegisterFile, doubts, hands, postcodes
from outreach.coverage import conversions, leavers
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.wording import count, date_and_time, day_short, number

SHOWN = 20
NAMES = FIELDS | {"la_code": "Authority"}
FILE = click.File("rb")

register = AppGroup("register", help="The register of schools: see what a file would change, or apply it.")


def _files(command: Callable[..., None]) -> Callable[..., None]:
    """The file and options that both commands take."""
    for option in (
        click.option("--code-point", type=FILE, help="Code-Point Open, for places that the register lacks."),
        click.option("--links", type=FILE, help="The register's links file: which school came after which."),
        click.option("--all", "everywhere", is_flag=True, help="Every authority in the file."),
        click.option(
            "--authority",
            "la_codes",
            multiple=True,
            help="An authority's code, for example 931; may be given again.",
        ),
        click.argument("file", type=FILE),
    ):
        command = option(command)
    return command


@register.command("preview")
@_files
@click.option("--full", is_flag=True, help=f"List every school, not only the first {SHOWN} of each kind.")
def preview(full: bool, file: BinaryIO, la_codes: tuple[str, ...], everywhere: bool, **beside: Any) -> None:
    """Say what FILE (.csv or .zip, as the register gives it) would change. Changes nothing."""
    try:
        authorities = _authorities(la_codes, everywhere)
        read = _read(file, authorities, **beside)
        changes = incoming.preview(read, authorities)
        for sentence in doubts.about(read, changes, incoming.newest_day(authorities)):
            click.echo(f"LOOK TWICE: {sentence}")
        _tell(changes, full)
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal


@register.command("apply")
@_files
@click.option(
    "--yes-really",
    is_flag=True,
    help="Apply it though it is older than the last, all closed, or nearly empty.",
)
@click.option("--became", is_flag=True, help="Take each school that probably became another as that one.")
def apply(
    yes_really: bool, became: bool, file: BinaryIO, la_codes: tuple[str, ...], everywhere: bool, **beside: Any
) -> None:
    """Apply FILE in one transaction: all of it, but for lines that cannot be read, or nothing."""
    try:
        authorities = _authorities(la_codes, everywhere)
        read = _read(file, authorities, **beside)
        with transaction():
            incoming.lock()
            changes = incoming.preview(read, authorities)
            _sure(read, changes, authorities, yes_really)
            touched = sum(len(c) for c in (changes.new, changes.changed, changes.closed, changes.reopened))
            with click.progressbar(length=touched, label="Applying") as bar:
                incoming.apply(
                    changes,
                    file_name=os.path.basename(file.name),
                    la_codes=authorities,
                    who="command line",
                    now=clock.now(),
                    progress=bar.update,
                    file_day=read.day,
                    became=[each.pair for each in changes.became] if became else [],
                )
            limits.write_everywhere(changes.urns, now=clock.now())
            conversions.settle_everywhere(now=clock.now())
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal
    _list("Lines that could not be read", [f"line {u.number}: {u.reason}" for u in changes.unreadable], False)
    click.echo("Nothing was new in that file." if changes.nothing else f"Applied: {changes.summary}.")


@register.command("postcodes")
@click.option(
    "--area", "areas", multiple=True, help="Only a postcode area, for example OX; may be given again."
)
@click.argument("file", type=FILE)
def bring_postcodes(areas: tuple[str, ...], file: BinaryIO) -> None:
    """Keep the postcodes of FILE, Ordnance Survey's Code-Point Open as it is downloaded (.zip), in the place of those
    that were kept: a troupe's base can then be typed as any of them."""
    try:
        with click.progressbar(length=os.fstat(file.fileno()).st_size, label="Reading") as bar, transaction():
            kept = postcodes.bring_in(file, areas=areas, progress=bar.update)
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal
    click.echo(f"Kept {count(kept, 'postcode')}.")


@register.command("asked")
def asked() -> None:
    """List the schools that one partnership asked another for and that wait for its word."""
    rows = hands.asked_by(None)
    for row in rows:
        what = (
            f"link {row.predecessor_id} to {row.successor_id}"
            if row.is_link
            else f"{row.urn} {row.school.name}"
        )
        click.echo(
            f"{what}: asked for by {row.receiver.name if row.receiver else '?'} on {day_short(row.asked_at)}"
        )
    click.echo(f"{count(len(rows), 'line')} in all.")


@register.command("hand-over")
@click.option("--to", "name", required=True, help="The partnership that asked, by its name.")
@click.option("--urn", "urns", type=int, multiple=True, help="Only this school; may be given again.")
def hand_over(name: str, urns: tuple[int, ...]) -> None:
    """Give a partnership the schools that it asked for, in the place of the partnership that holds them."""
    try:
        with transaction():
            incoming.lock()
            rows = hands.asked_by(partnerships.named(name).id)
            ids = [row.id for row in rows if not urns or row.urn in urns]
            done = hands.agree(ids, giver_id=None, who="command line", now=clock.now())
            limits.write_everywhere(now=clock.now())
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal
    click.echo(
        f"{count(done.schools, 'school')} handed over, {count(done.links, 'link')} agreed to, "
        f"{done.overtaken} no longer so."
    )


@register.command("hand-over-authority")
@click.argument("la_code")
@click.option("--to", "name", required=True, help="The partnership whose it is from today on, by its name.")
def hand_over_authority(la_code: str, name: str) -> None:
    """Give a partnership a whole authority from today on, as when councils are made anew."""
    try:
        with transaction():
            incoming.lock()
            given = hand_authority_over(
                la_code, partnerships.named(name), who="command line", now=clock.now()
            )
            limits.write_everywhere(now=clock.now())
            click.echo(f"{given.name} is {name}’s from today on.")
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal


def _sure(file: RegisterFile, changes: Changes, authorities: list[str] | None, yes_really: bool) -> None:
    """Say what is doubtful before anything is changed, and change nothing unless somebody said yes."""
    said = doubts.about(file, changes, incoming.newest_day(authorities))
    for sentence in said:
        click.echo(sentence, err=True)
    if said and not yes_really:
        raise click.ClickException("Nothing was changed. If the file is meant, give --yes-really.")


def _authorities(la_codes: tuple[str, ...], everywhere: bool) -> list[str] | None:
    codes = [code.strip() for given in la_codes for code in given.split(",") if code.strip()]
    if bool(codes) == everywhere:
        raise click.UsageError("Say which authorities: --authority 931 (or several), or --all.")
    return None if everywhere else codes


def _read(file: BinaryIO, authorities: list[str] | None, **beside: BinaryIO | None) -> RegisterFile:
    """Read the files with a bar; it reaches its end at once when the register is zipped."""
    size = file.seek(0, os.SEEK_END)
    with click.progressbar(length=size, label="Reading ") as bar:
        return incoming.read(
            file,
            la_codes=authorities,
            also=incoming.urns_of(authorities),
            progress=bar.update,
            file_name=os.path.basename(file.name),
            **beside,
        )


def _tell(changes: Changes, full: bool) -> None:
    left = [i for p in partnerships.every() for i in leavers.left(p.id, now=clock.now(), changes=changes)]
    _list("BOOKED, OFFERED OR WAITING at schools that leave", [_left(item) for item in left], True)
    _list("Close", [_closure(c, changes) for c in changes.closed], full)
    _list(
        "Probably became another (apply with --became to take them so)",
        [f"{_school(b.old)} -> {_school(b.new)}" for b in changes.became],
        full,
    )
    _list("New", [_school(c.after) for c in changes.new], full)
    _list("Changed", [_changed(c) for c in changes.changed], full)
    _list("Open again", [_changed(c) for c in changes.reopened], full)
    _list("Not in this file (they stay as they are)", [_school(f) for f in changes.absent], full)
    held = [f"{h.urn} {h.name}" for h in changes.held] + [
        f"link {k.link.predecessor} to {k.link.successor}" for k in changes.held_links
    ]
    _list("Held by another partnership (asked for when applied)", held, full)
    _list("Lines that cannot be read", [f"line {u.number}: {u.reason}" for u in changes.unreadable], full)
    click.echo(f"\n{changes.summary}." + (" It changes nothing." if changes.nothing else ""))


def _list(title: str, lines: Iterable[str], full: bool) -> None:
    lines = list(lines)
    if not lines:
        return
    click.echo(f"\n{title}: {len(lines):,}")
    for line in lines if full else lines[:SHOWN]:
        click.echo(f"  {line}")
    if len(lines) > SHOWN and not full:
        click.echo(f"  and {len(lines) - SHOWN:,} more")


def _school(facts: Facts) -> str:
    return f"{facts.urn} {facts.name}" + (f", {facts.town}" if facts.town else "")


def _left(item: leavers.Left) -> str:
    live = item.live
    when = f" on {date_and_time(live.starts_at)}" if live.starts_at else ""
    return f"{live.organisation.organisation_id} {live.organisation.name}: {live.kind}{when} ({item.cause})"


def _closure(change: Change, changes: Changes) -> str:
    facts = change.after
    said = [
        _school(facts),
        f"closed on {day_short(facts.close_date)}" if facts.close_date else "closed, date unknown",
    ]
    said += [f"followed by {s.urn} {s.name}".rstrip() for s in changes.successors.get(facts.urn, ())]
    return "; ".join(said)


def _changed(change: Change) -> str:
    facts = "".join(
        f"\n    {NAMES[f.field]}: {_said(f.before)} -> {_said(f.after)}"
        + (" (your own correction stays)" if f.kept else "")
        for f in change.fields
    )
    return _school(change.after) + facts


def _said(value: Any) -> str:
    if value in (None, ""):
        return "unknown"
    if isinstance(value, int):
        return number(value)
    return value if isinstance(value, str) else day_short(value)
