"""calendars and senders: entries of a troupe's calendar lead to a page that asks for the link; a show that
goes to another troupe is another event there

Revision ID: 0016
Revises: 0015
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "troupe_event",
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("performance_id", sa.Integer(), nullable=False),
        sa.Column("troupe_id", sa.Integer(), nullable=False),
        sa.Column("organizer_token", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["performance_id"],
            ["performance.id"],
            name=op.f("fk_troupe_event_performance_id_performance"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["troupe_id"], ["troupe.id"], name=op.f("fk_troupe_event_troupe_id_troupe")),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_troupe_event")),
        sa.UniqueConstraint("organizer_token", name=op.f("uq_troupe_event_organizer_token")),
    )
    op.create_index("ix_troupe_event_performance_id", "troupe_event", ["performance_id"])
    _lead_to(r"/desk/tour/days/(\d+)/sheet", "/company/days/{}")


def downgrade():
    op.drop_table("troupe_event")
    _lead_to(r"/company/days/(\d+)", "/desk/tour/days/{}/sheet")


def _lead_to(was, becomes):
    """Other addresses in the kept entries of the troupes' calendars, whose URL says where a day's sheet
    is."""
    entry = sa.table("feed_entry", sa.column("id"), sa.column("kind"), sa.column("text"))
    connection = op.get_bind()
    kept = connection.execute(sa.select(entry.c.id, entry.c.text).where(entry.c.kind == "troupe")).all()
    changed = [{"of": id, "said": said} for id, text in kept if (said := _said(text, was, becomes)) != text]
    if changed:
        connection.execute(
            sa.update(entry).where(entry.c.id == sa.bindparam("of")).values(text=sa.bindparam("said")),
            changed,
        )


def _said(text, was, becomes):
    return re.sub(
        r"^URL:.*\r\n(?: .*\r\n)*", lambda found: _url(found[0], was, becomes), text, count=1, flags=re.M
    )


def _url(folded, was, becomes):
    """The line anew, at most 75 octets long (RFC 5545 3.1)."""
    line = re.sub(
        f"{was}$", lambda found: becomes.format(found[1]), folded.replace("\r\n ", "").rstrip("\r\n")
    )
    rest = [line[75:][n : n + 74] for n in range(0, len(line[75:]), 74)]
    return "\r\n ".join([line[:75], *rest]) + "\r\n"
