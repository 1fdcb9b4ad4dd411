"""flask people: who signs in made here, given a role, and let back in."""

import sys

import click
from flask import current_app
from flask.cli import AppGroup

from outreach.county import coordinators, partnerships, roles
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.post import links

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
@click.option(
    "--password-stdin", is_flag=True, help="Read a password from standard input; else a link is printed."
)
def add(partnership: str, name: str, email: str, role: str | None, password_stdin: bool) -> None:
    """Add a person; without a password it prints a one-time sign-in link."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    try:
        with transaction():
            whose = partnerships.named(partnership)
            role = role or (roles.COORDINATOR if coordinators.leads(whose.id) else roles.LEAD)
            person = coordinators.add(
                whose.id, name, email, password=password, role=role, now=clock.now(), who=WHO
            )
            token = None if password_stdin else coordinators.sign_in_link(person, who=WHO, now=clock.now())
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
def role(email: str, role: str) -> None:
    """Give a person another role, from now on."""
    try:
        with transaction():
            person = coordinators.get(email)
            coordinators.change_role(person, role, who=WHO, now=clock.now())
            click.echo(f"{person.name} is a {roles.NAMES[role]} now.")
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal


@people.command("link")
@click.argument("email")
def link(email: str) -> None:
    """Print a one-time sign-in link for a coordinator."""
    try:
        with transaction():
            token = coordinators.sign_in_link(coordinators.get(email), who=WHO, now=clock.now())
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal
    _show(token)


@people.command("end")
@click.argument("email")
def end(email: str) -> None:
    """A coordinator has left: end every session, link and password."""
    try:
        with transaction():
            person = coordinators.get(email)
            coordinators.end(person, who=WHO, now=clock.now())
            click.echo(f"{person.name} can no longer sign in.")
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal


def _show(token: str) -> None:
    click.echo("Open this link within a day; it works once:")
    click.echo(links.sign_in_page(current_app.config["PUBLIC_URL"], token))
