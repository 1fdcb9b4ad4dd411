"""flask sign-in: providers by which people of a partnership come in, tried; and an account unbound from its person."""

from datetime import datetime

import click
from flask import current_app
from flask.cli import AppGroup

from outreach.county import coordinators, partnerships, sign_in_providers
from outreach.county.openid import accounts, tokens
from outreach.county.openid.line import ProviderDown
from outreach.county.openid.tokens import NotTrusted
from outreach.county.sign_in_providers import Provider
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.errors import Refusal
from outreach.post import links

WHO = "command line"

sign_in = AppGroup("sign-in", help="Sign-in by accounts that people have at their council.")


@sign_in.command("check")
def check() -> None:
    """Ask each provider of SIGN_IN_PROVIDERS what it publishes, and say what to register there; status 1 where one does
    not answer or is for no partnership. The numbers of partnerships stand first."""
    whose = {one.id: one.name for one in partnerships.every()}
    db.session.rollback()
    for number, name in whose.items():
        click.echo(f"partnership = {number}  # {name}")
    providers = sign_in_providers.all_of_them().values()
    if not providers:
        click.echo("No provider is set (SIGN_IN_PROVIDERS): people sign in by password or one-time link.")
    found = [_try(provider, whose.get(provider.partnership_id), now=clock.now()) for provider in providers]
    if not all(found):
        raise click.exceptions.Exit(1)


@sign_in.command("unbind")
@click.argument("email")
def unbind(email: str) -> None:
    """A person's account at the council was replaced: the next that comes with their address is theirs."""
    try:
        with transaction():
            person = coordinators.get(email)
            accounts.unbind(person, who=WHO, now=clock.now())
            click.echo(f"The next account that comes with {person.email} is {person.name}’s.")
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal


def _try(provider: Provider, whose: str | None, *, now: datetime) -> bool:
    """Whether people come in by it."""
    click.echo(f"\n{provider.name}: ‘{provider.button}’, for {whose or 'NO PARTNERSHIP'}")
    back = links.back_from_provider_page(current_app.config["PUBLIC_URL"], provider.name)
    click.echo(f"  register there: {back}")
    click.echo(f"  issuer: {provider.issuer}")
    if provider.only:
        click.echo("  the only way in, but for links of `flask people link`")
    if whose is None:
        click.echo(f"  NOT READY  there is no partnership {provider.partnership_id}")
        return False
    try:
        provider.published.clear()
        tokens.keys(provider, now=now)
    except ProviderDown as down:
        click.echo(f"  NOT READY  {down.why}")
        return False
    except NotTrusted as wrong:
        click.echo(f"  NOT READY  {wrong.why}")
        return False
    click.echo("  ready      it answers, and publishes its keys")
    return True
