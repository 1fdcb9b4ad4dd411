"""flask people: coordinators made here, and let back in."""

import sys

import click
from flask import current_app
from flask.cli import AppGroup

from outreach.county import coordinators as coordinators
from outreach.county import partnerships
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.post import links

WHO = "command line"

people = AppGroup("people", help="Coordinators: add one, make a sign-in link, end one's access.")


@people.command("add")
@click.option("--partnership", required=True, help="Its name, as set up.")
@click.option("--name", required=True, help="The person's name.")
@click.option("--email", required=True, help="The address to sign in with.")
@click.option(
    "--password-stdin", is_flag=True, help="Read a password from standard input; else a link is printed."
)
def add(partnership: str, name: str, email: str, password_stdin: bool) -> None:
    """Add a coordinator; without a password it prints a one-time sign-in link."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    try:
        with transaction():
            whose = partnerships.named(partnership)
            person = coordinators.add(whose.id, name, email, password=password, now=clock.now(), who=WHO)
            token = None if password_stdin else coordinators.sign_in_link(person, who=WHO, now=clock.now())
            click.echo(f"{person.name} is a coordinator of {whose.name} and signs in with {person.email}.")
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal
    if token:
        _show(token)


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
