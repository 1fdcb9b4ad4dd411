"""flask check: readiness for production, a line for each thing that was looked at; status 1 where one is not ready."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from outreach.asking.chasing import settings as chasing
from outreach.cli import migrations, other_keys
from outreach.cli.backups import archive, sealing
from outreach.cli.backups.archive import Backup, NoBackup
from outreach.cli.database_roles import LESS, ROWS
from outreach.ground import clock, disks, erasures, history_chain, secret_settings, whose
from outreach.ground.db import db, why_no_writing
from outreach.ground.wording import and_list, count, date_and_time
from outreach.planning import planner_worker
from outreach.post.incoming import mailbox
from outreach.post.monitoring import watch
from outreach.post.outgoing import duty, mail_server
from outreach.post.outgoing.duty import Postman
from outreach.post.webhooks import deliveries
from outreach.privacy import runs
from outreach.tour import road_questions, router

READY, NOT_READY, NOTE = "ready", "NOT READY", "note"

RESERVED = (".example", ".invalid", ".localhost", ".test", ".local")
"""Ends of names that no mail comes from (RFC 2606, RFC 6762)."""

CLOCKS_APART = timedelta(seconds=30)
"""Links, holds and sessions end by the minute: clocks further apart than this are seen by people."""

UNSEALED = timedelta(hours=26)
"""The daily round adds to the history's chain, if nothing does so oftener."""

WRITER_WAITS = 5.0
"""Seconds."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    state: str
    words: str


Told = Iterator[Finding]


def ready(words: str) -> Finding:
    return Finding(state=READY, words=words)


def not_ready(words: str) -> Finding:
    return Finding(state=NOT_READY, words=words)


def note(words: str) -> Finding:
    return Finding(state=NOTE, words=words)


@click.command("check")
@with_appcontext
def check() -> None:
    """Say what is not ready for production, and why; status 1 where there is anything.

    Notes are for a person to look at and change no status. Nothing is kept, sent or asked of another machine but
    the database.
    """
    found = list(findings(current_app.config, clock.now()))
    for one in found:
        click.echo(f"{one.state:10}{one.words}")
    missing = sum(one.state == NOT_READY for one in found)
    if missing:
        click.echo(f"\nNot ready for production: {count(missing, 'thing')} to see to.")
        raise SystemExit(1)
    click.echo("\nReady for production.")


def findings(settings: Any, now: datetime) -> Told:
    """All that is looked at, in the order in which one would see to it."""
    for looked_at in (_address, _secrets, _sending, _domain, _answers):
        yield from looked_at(settings)
    yield from _backups(settings, now)
    yield from _erasures(settings)
    yield from _disks()
    try:
        yield from _database(now)
    except SQLAlchemyError as error:
        yield not_ready(f"The database does not answer: {_first_line(error)}.")
        return
    finally:
        db.session.rollback()


def _address(settings: Any) -> Told:
    url = settings["PUBLIC_URL"]
    if url.startswith("https://"):
        yield ready(f"People come by https: {url}.")
        if not settings["BEHIND_PROXIES"]:
            yield not_ready(
                "BEHIND_PROXIES is 0, though PUBLIC_URL is https: everybody seems to come from the proxy, and "
                "what is counted by network counts them all together. Set it to the number of proxies in front."
            )
    else:
        yield not_ready(
            f"PUBLIC_URL is {url}: links and passwords would travel unencrypted. Put HTTPS in front, and set it to the "
            "https address."
        )
    if settings["TRUSTED_HOSTS"]:
        yield ready(f"Asked for by another name than {', '.join(settings['TRUSTED_HOSTS'])}, it says no.")
    else:
        yield not_ready(
            "TRUSTED_HOSTS is not set: any name of a host is answered. Set it to that of PUBLIC_URL."
        )
    if current_app.debug:
        yield not_ready("It runs in debug mode, in which an error shows the code. Start it without --debug.")


def _secrets(settings: Any) -> Told:
    weak = secret_settings.weaknesses(settings)
    yield from map(not_ready, weak)
    if not weak:
        yield ready("No secret is easy to guess.")
    if settings["SECRET_KEY_FALLBACKS"]:
        yield note(
            f"{count(len(settings['SECRET_KEY_FALLBACKS']), 'older key')} still opens what was made with it "
            "(SECRET_KEY_FALLBACKS)."
        )


def _sending(settings: Any) -> Told:
    if not settings["SMTP_URL"]:
        yield not_ready(
            f"SMTP_URL is not set: letters become files in {settings['MAIL_FOLDER']}, and nobody gets them."
        )
        return
    try:
        server = mail_server.Server.from_url(settings["SMTP_URL"], settings["SMTP_TOKEN_FILE"])
    except mail_server.BadMailServer as bad:
        yield not_ready(str(bad))
        return
    yield ready(f"Letters go through {server.host}.")
    yield from _token("SMTP_TOKEN_FILE", settings["SMTP_TOKEN_FILE"])
    if not server.security and server.host not in ("localhost", "127.0.0.1", "::1"):
        yield note(
            f"Letters go to {server.host} unencrypted: right for a relay on a network of your own alone."
        )


def _domain(settings: Any) -> Told:
    domain = settings["MAIL_DOMAIN"].lower()
    if "." not in domain or domain.endswith(RESERVED):
        yield not_ready(f"MAIL_DOMAIN is {domain}, from which no mail comes. Set it to a domain of your own.")
        return
    through = ""
    if settings["SMTP_URL"]:
        through = (
            f" ({settings['SMTP_URL'].rpartition('@')[2].rpartition('//')[2].partition(':')[0].strip('/')})"
        )
    yield note(f'SPF: a TXT record of {domain} must let your mail server{through} send: "v=spf1 … -all".')
    yield note(
        f"DKIM: your mail server must sign as d={domain}, List-Unsubscribe and List-Unsubscribe-Post too."
    )
    yield note(f'DMARC: a TXT record of _dmarc.{domain}: "v=DMARC1; p=quarantine; …".')


def _answers(settings: Any) -> Told:
    try:
        ours = mailbox.Mailbox.from_settings(settings)
    except mailbox.BadMailbox as bad:
        yield not_ready(str(bad))
        return
    if ours is None:
        yield note(
            "IMAP_URL is not set: answers come in only if your mail server hands them to flask post receive."
        )
    else:
        yield ready(f"Answers are read from {ours.folder} at {ours.host}.")
        yield from _token("IMAP_TOKEN_FILE", settings["IMAP_TOKEN_FILE"])
    if not settings["MAIL_AUTHSERV_ID"]:
        yield note("MAIL_AUTHSERV_ID is not set: nobody checks that an answer's sender is who it says.")


def _token(name: str, path: str) -> Told:
    if path and not os.access(path, os.R_OK):
        yield not_ready(f"{name} is {path}, which cannot be read.")


def _backups(settings: Any, now: datetime) -> Told:
    folder, patience = settings["BACKUP_FOLDER"], timedelta(hours=settings["BACKUP_HOURS"])
    if not folder:
        yield note("BACKUP_FOLDER is not set: nobody looks whether there are backups.")
        return
    try:
        ours, broken = archive.of_folder(Path(folder))
        others = [one.stat().st_mtime for one in Path(folder).iterdir() if one.is_file()]
    except OSError as error:
        yield not_ready(f"BACKUP_FOLDER is {folder}, which cannot be read: {error.strerror}.")
        return
    for path in broken:
        yield not_ready(f"{path} is no whole backup: look why it was cut, and delete it.")
    if not others:
        yield not_ready(f"There is no backup in {folder}: flask backup.")
        return
    made_at = ours[-1].manifest.made_at if ours else datetime.fromtimestamp(max(others), UTC)
    if now - made_at > patience:
        yield not_ready(
            f"The newest backup in {folder} was made {date_and_time(made_at)}, more than "
            f"{count(settings['BACKUP_HOURS'], 'hour')} ago: flask backup."
        )
    else:
        yield ready(f"The newest backup was made {date_and_time(made_at)}.")
    if ours:
        yield from _sealed(settings, ours[-1])
        yield from _verified(settings["BACKUP_VERIFY_DAYS"], ours, now)
    else:
        yield note(f"No file in {folder} was made by flask backup: nobody knows whether it can be restored.")


def _sealed(settings: Any, newest: Backup) -> Told:
    if not newest.manifest.sealed:
        yield note(
            "Backups are not sealed (BACKUP_RECIPIENTS): whoever reads the folder reads all that is in them."
        )
    try:
        sealing.recipients(settings["BACKUP_RECIPIENTS"])
    except NoBackup as bad:
        yield not_ready(str(bad))


def _verified(days: int, ours: Sequence[Backup], now: datetime) -> Told:
    """Whether a backup was restored and compared lately; 0 days: that is done where the key is, on another machine."""
    if not days:
        return
    tried = max((one.manifest.made_at for one in ours if one.verified_at), default=None)
    if tried is None:
        yield not_ready("No backup was ever restored to see that it can be: flask backup --verify.")
    elif now - tried > timedelta(days=days):
        yield not_ready(
            f"The newest backup that was restored and compared was made {date_and_time(tried)}, more than "
            f"{count(days, 'day')} ago: flask backup --verify."
        )
    else:
        yield ready(f"The newest backup that was restored and compared was made {date_and_time(tried)}.")


def _erasures(settings: Any) -> Told:
    list_ = erasures.path()
    if list_ is None:
        yield not_ready(
            "ERASURES_FILE is not set: a restored backup would bring back whoever was erased. Name a file on other "
            "storage than the database's."
        )
        return
    if not list_.parent.is_dir() or not os.access(list_ if list_.exists() else list_.parent, os.W_OK):
        yield not_ready(f"ERASURES_FILE is {list_}, which cannot be written: nothing can be erased.")
        return
    database = db.engine.url.database if db.engine.dialect.name == "sqlite" else settings["OUTREACH_FOLDER"]
    beside = Path(str(database))
    if beside.exists() and beside.stat().st_dev == list_.parent.stat().st_dev:
        what = "the database" if beside.is_file() else f"{beside}, perhaps the database's"
        yield note(f"ERASURES_FILE is {list_}, on the same disk as {what}: what burns one burns both.")
    else:
        yield ready("What is erased is listed on other storage, for a restore.")


def _disks() -> Told:
    full = [one for one in disks.disks() if one.fills]
    for one in full:
        yield not_ready(
            f"The disk of {one.setting} fills: {one.free / 1e9:.1f} of {one.size / 1e9:.1f} GB are free. Make room."
        )
    if not full:
        yield ready("There is room on the disks that this host sees.")


def _database(now: datetime) -> Told:
    with db.engine.connect() as connection:
        behind = migrations.not_applied(connection)
    if behind:
        yield not_ready(
            f"The database is not as this version needs it ({behind}): flask --app wsgi db upgrade."
        )
        return
    yield ready("The database is as this version needs it.")
    if why := why_no_writing(patience=WRITER_WAITS):
        yield not_ready(f"The database cannot be written: {why}.")
    if erasures.is_behind():
        yield not_ready(
            "The database does not know of all that was erased: it was restored by hand. flask privacy replay."
        )
    if erasures.is_anothers():
        yield not_ready(
            f"ERASURES_FILE is {erasures.path()}, which has less than this database knows: nothing is erased "
            "from here. All hosts share one file; if it is lost, flask privacy new-list."
        )
    yield from _role()
    yield from _clocks(now)
    yield from _one_key(now)
    yield from map(not_ready, other_keys.of_secrets())
    for looked_at in (_post, _round, _swept, _history, _webhooks, _planner, _roads):
        yield from looked_at(now)


def _role() -> Told:
    """Of the account by which the service comes to PostgreSQL."""
    if db.engine.dialect.name != "postgresql":
        return
    name, may_all, past_rows, makes_tables = db.session.execute(
        text(
            "SELECT rolname, rolsuper, rolbypassrls, has_schema_privilege('public', 'CREATE') "
            "FROM pg_roles WHERE rolname = current_user"
        )
    ).one()
    if may_all or past_rows:
        yield not_ready(
            f"The service comes to the database as {name}, who may do everything there. Give it an account of its own: "
            "flask database roles."
        )
    elif not whose.stands():
        yield not_ready(
            f"The service comes to the database as {name}, who owns its tables: nothing there keeps one partnership "
            "from the rows of another. Give it an account of its own: flask database roles."
        )
    elif makes_tables or (missing := _not_granted()):
        may = "may make tables" if makes_tables else f"may not do what it needs with {', '.join(missing[:3])}"
        yield not_ready(f"The service comes to the database as {name}, who {may}: flask database roles.")
    else:
        yield ready(f"The database lets {name} see one partnership at a time.")


def _not_granted() -> list[str]:
    """Tables and functions that came with a newer release than the accounts' rights were given for."""
    tables = [table for table in db.metadata.tables if not _may(table, *LESS.get(table, ROWS))]
    functions = db.session.scalars(
        text(
            "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public' "
            "AND starts_with(p.proname, 'outreach_') AND NOT has_function_privilege(p.oid, 'EXECUTE')"
        )
    )
    return [*tables, *functions]


def _may(table: str, *deeds: str) -> bool:
    return all(db.session.scalar(select(func.has_table_privilege(f"public.{table}", deed))) for deed in deeds)


def _clocks(now: datetime) -> Told:
    """Against the database's, and against what other machines wrote down: nobody was seen in the future."""
    apart, ahead = timedelta(), db.session.scalar(select(func.max(Postman.seen_at)))
    if db.engine.dialect.name == "postgresql":
        apart = abs(
            db.session.execute(text("SELECT clock_timestamp()")).scalar_one() - clock.of_this_machine()
        )
    if apart > CLOCKS_APART:
        yield not_ready(
            f"The clocks of this machine and of the database are {count(int(apart.total_seconds()), 'second')} apart. "
            "Set both by NTP."
        )
    elif ahead is not None and ahead - now > CLOCKS_APART:
        yield not_ready("The clock of a machine that sends letters is ahead of this one's. Set both by NTP.")
    else:
        yield ready("The clocks agree.")


def _one_key(now: datetime) -> Told:
    """Against those by which the hosts that send letters sign; an older one is known while keys are changed."""
    settings = current_app.config
    ours = {secret_settings.mark(key) for key in (settings["SECRET_KEY"], *settings["SECRET_KEY_FALLBACKS"])}
    at_work = duty.on_duty(now)
    others = {one.host for one in at_work if one.key_mark and one.key_mark not in ours}
    if not at_work and (said := other_keys.of_last_sender()):
        yield not_ready(said)
    if others:
        yield not_ready(
            f"SECRET_KEY is another on {and_list(sorted(others))}: who signs in at one host is nobody at the next. Set "
            "it alike on all hosts."
        )


def _post(now: datetime) -> Told:
    state = watch.of_service(now)
    more = {
        watch.NOBODY: " Start flask post send --loop.",
        watch.MAILBOX: f" {state.looked.problem if state.looked else ''}",
        watch.MAILBOX_LATE: " Start flask post poll --loop.",
    }
    wrong = [one for one in watch.findings(state, now) if one.is_wrong]
    yield from (not_ready(one.words + more.get(one.kind, "")) for one in wrong)
    if not wrong:
        yield ready("Letters go out" + (" and the mailbox is read." if state.looked else "."))


def _round(now: datetime) -> Told:
    last = chasing.last_run()
    if last is None and chasing.awaited_since(now=now) is None:
        yield note("The day's round has not come yet; no programme is open that would wait for it.")
    elif chasing.is_late(last, now=now):
        came = f"last came {date_and_time(last)}" if last else "has never come"
        yield not_ready(f"The day's round {came}: start flask asking chase --loop.")
    else:
        yield ready("The day's round comes.")


def _swept(now: datetime) -> Told:
    swept = runs.oldest(now=now)
    if swept is None:
        yield note("The first sweep of what was kept for long enough has not come yet.")
    elif now - swept > runs.LATE_AFTER:
        yield not_ready(
            f"What was kept for long enough was last erased {date_and_time(swept)}: see "
            "what flask privacy sweep --do says."
        )
    else:
        yield ready("What was kept for long enough is erased every day.")


def _history(now: datetime) -> Told:
    if not current_app.config["HISTORY_KEY"]:
        yield not_ready(
            "HISTORY_KEY is not set: nobody could find out that the history was changed. Set it to "
            f"{secret_settings.KEY_LENGTH} or more random characters."
        )
        return
    with whose.bound(whose.SEALING):
        since, anothers = history_chain.waits_since(), history_chain.is_sealed_by_anothers_key()
    if anothers:
        yield not_ready(
            "HISTORY_KEY is none of this machine by which the history was sealed last. Set it alike on all hosts, and "
            "name an older one in HISTORY_KEY_FALLBACKS."
        )
    if since is not None and now - since > UNSEALED:
        yield not_ready(
            f"The history of {date_and_time(since)} is not sealed yet: start flask asking chase --loop."
        )
    else:
        yield ready("The history is sealed.")


def _webhooks(now: datetime) -> Told:
    if deliveries.due(now).age(now) > timedelta(minutes=current_app.config["QUEUE_MINUTES"]):
        yield not_ready("Programs wait to be told and nobody tells them: start flask webhooks send --loop.")


def _planner(now: datetime) -> Told:
    if planner_worker.nobody_takes(now):
        yield not_ready("A plan waits and no planner is at work: start flask planner work.")


def _roads(now: datetime) -> Told:
    if router.is_set() and road_questions.nobody_asks(now):
        yield not_ready("Roads were ordered and nobody asks the router: start flask roads fill --loop.")


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]
