"""flask people: who signs in made here, given a role, and let back in."""

import sys
from datetime import datetime

import click
from flask import current_app
from flask.cli import AppGroup

from outreach.asking import leaving, owners
from outreach.booking import told_of_sign_in
from outreach.county import coordinators, partnerships, roles, second_factors
from outreach.county.coordinators import Coordinator
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.wording import count
from outreach.ground.wording import day as day_words
from outreach.post import links
from outreach.post.webhooks import subscriptions
from outreach.tour import companies
from outreach.tour.companies import Company

WHO = "command line"

people = AppGroup("people", help="People: add one, change a role, make a sign-in link, end one's access.")


@people.command("add")
@click.option("--partnership", required=True, help="Its name, as set up.")
@click.option("--name", required=True, help="The person's name.")
@click.option("--email", required=True, help="The address to sign in with.")
@click.option(
    "--role",
    type=click.Choice(list(roles.NAMES)),
    help="What they may do. Without it: a lead where the partnership has none yet, else a coordinator.",
)
@click.option("--company", "of", help="The name of the company to which a company member belongs.")
@click.option(
    "--password-stdin", is_flag=True, help="Read a password from standard input; else a link is printed."
)
def add(
    partnership: str, name: str, email: str, role: str | None, of: str | None, password_stdin: bool
) -> None:
    """Add a person; without a password it prints a one-time sign-in link."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    try:
        with transaction():
            whose = partnerships.named(partnership)
            role = role or (roles.COORDINATOR if coordinators.leads(whose.id) else roles.LEAD)
            person = coordinators.add(
                whose.id,
                name,
                email,
                password=password,
                role=role,
                company=_company(whose.id, of),
                now=clock.now(),
                who=WHO,
            )
            token = (
                None
                if password_stdin
                else coordinators.sign_in_link(person, who=WHO, by_operator=True, now=clock.now())
            )
            click.echo(
                f"{person.name} is a {roles.NAMES[role]} of {whose.name} and signs in with {person.email}."
            )
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal
    if token:
        _show(token)


@people.command("role")
@click.argument("email")
@click.argument("role", type=click.Choice(list(roles.NAMES)))
@click.option("--company", "of", help="The name of the company to which a company member belongs.")
@click.option("--to", "taker", help="Address of who takes their schools, where the role looks after none.")
def role(email: str, role: str, of: str | None, taker: str | None) -> None:
    """Give a person another role, from now on."""
    try:
        with transaction():
            person = coordinators.get(email)
            to = _takers(person, taker)
            company = _company(person.partnership_id, of)
            done = leaving.change_role(person, role, to, company=company, who=WHO, now=clock.now())
            click.echo(f"{person.name} is a {roles.NAMES[role]} now.{_handed(done, taker)}")
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal


@people.command("link")
@click.argument("email")
def link(email: str) -> None:
    """Print a one-time sign-in link for a coordinator."""
    try:
        with transaction():
            token = _link(coordinators.get(email))
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal
    _show(token)


@people.command("reset-factor")
@click.argument("email")
def reset_factor(email: str) -> None:
    """Take away the second factor of somebody who lost the phone and the recovery codes; they are told by mail."""
    try:
        with transaction():
            person = coordinators.get(email)
            told_of_sign_in.reset_factor(person, who=WHO, now=clock.now())
            click.echo(
                f"{person.name} signs in with the password alone until they set up another second factor."
            )
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal


@people.command("seal-anew")
def seal_anew() -> None:
    """Seal the secrets of second factors and webhooks under SECRET_KEY, before an older key leaves
    SECRET_KEY_FALLBACKS."""
    with transaction():
        done, lost = second_factors.seal_anew()
        of_webhooks, shut = subscriptions.seal_anew()
    click.echo(f"{count(done, 'second factor')} sealed under the present key.")
    if of_webhooks or shut:
        click.echo(
            f"{count(of_webhooks, 'secret')} of webhooks sealed under it; {shut} no key opens: make new ones."
        )
    if lost:
        raise click.ClickException(
            f"{count(lost, 'second factor')} of a key that is in no setting any more: reset them by "
            "`flask people reset-factor`."
        )


@people.command("end")
@click.argument("email")
@click.option("--to", "taker", help="Address of who takes their schools; else nobody has them.")
@click.option(
    "--on", type=click.DateTime(["%Y-%m-%d"]), help="Their last day, as 2027-02-12; else they leave now."
)
def end(email: str, taker: str | None, on: datetime | None) -> None:
    """A person leaves: every session, link and password ends, and their schools go to another."""
    try:
        with transaction():
            person = coordinators.get(email)
            to = _takers(person, taker)
            day = None if on is None else on.date()
            done = leaving.leave(person, to, on=day, who=WHO, now=clock.now())
            then = "can no longer sign in" if day is None else f"signs in until the end of {day_words(day)}"
            click.echo(f"{person.name} {then}.{_handed(done, taker)}")
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal


@people.command("stay")
@click.argument("email")
def stay(email: str) -> None:
    """A person whose last day was set stays after all."""
    try:
        with transaction():
            person = coordinators.get(email)
            coordinators.stay(person, who=WHO, now=clock.now())
            click.echo(f"{person.name} stays.")
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal


def _link(person: Coordinator) -> str:
    return coordinators.sign_in_link(person, who=WHO, by_operator=True, now=clock.now())


def _company(partnership_id: int, name: str | None) -> Company | None:
    return None if name is None else companies.named(partnership_id, name)


def _takers(person: Coordinator, email: str | None) -> leaving.Takers:
    """All that they hold goes to one."""
    taker = None if email is None else coordinators.get(email)
    if taker is not None and taker.id not in {one.id for one in leaving.can_take(person)}:
        raise owners.CannotOwn(
            f"{taker.name} cannot take their schools. Choose another coordinator who stays."
        )
    return {one.district: taker for one in leaving.held(person)}


def _handed(done: leaving.HandedOver, taker: str | None) -> str:
    if done.given:
        return f" {count(done.given, 'school')} handed over to {taker}."
    return f" {count(done.left, 'school')} with nobody now." if done.left else ""


def _show(token: str) -> None:
    click.echo("Open this link within a day; it works once:")
    click.echo(links.sign_in_page(current_app.config["PUBLIC_URL"], token))
