"""schools that change hands: asked for by one partnership, agreed to by the other; contacts and deeds know
whose they are

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# A school of one partnership becomes another's only when that one agreed, whatever else changed hands before.
_NOT_AGREED = """
    NOT EXISTS (
        SELECT 1 FROM change_of_hands c WHERE c.urn = NEW.urn AND c.la_code = NEW.la_code AND c.outcome = 'agreed'
        AND c.giver_id = {giver} AND c.receiver_id = {receiver}
        AND NOT EXISTS (
            SELECT 1 FROM change_of_hands l WHERE l.urn = NEW.urn AND l.la_code IS NOT NULL
            AND l.outcome IN ('agreed', 'left') AND l.settled_at > c.settled_at
        )
    )
"""
_BEFORE = {
    "school": "OLD.la_code",
    "school_record": "(SELECT r.la_code FROM school_record r WHERE r.urn = NEW.urn ORDER BY r.id DESC LIMIT 1)",
}
_EVENT = {"school": "UPDATE OF la_code", "school_record": "INSERT"}


def upgrade():
    op.create_table(
        "change_of_hands",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("giver_id", sa.Integer(), nullable=False),
        sa.Column("receiver_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("la_code", sa.Text(), nullable=True),
        sa.Column("district_code", sa.Text(), nullable=True),
        sa.Column("district_name", sa.Text(), nullable=True),
        sa.Column("predecessor_urn", sa.Integer(), nullable=True),
        sa.Column("successor_urn", sa.Integer(), nullable=True),
        sa.Column("link_date", sa.Date(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(la_code IS NULL) = (predecessor_urn IS NOT NULL)", name=op.f("ck_change_of_hands_what")
        ),
        sa.CheckConstraint(
            "(predecessor_urn IS NULL) = (successor_urn IS NULL)", name=op.f("ck_change_of_hands_ends")
        ),
        sa.CheckConstraint(
            "receiver_id IS NULL OR receiver_id <> giver_id", name=op.f("ck_change_of_hands_another")
        ),
        sa.CheckConstraint(
            "(receiver_id IS NULL) = (outcome IS NOT NULL AND outcome = 'left')",
            name=op.f("ck_change_of_hands_whose"),
        ),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (outcome IS NULL)", name=op.f("ck_change_of_hands_settled")
        ),
        sa.CheckConstraint(
            "outcome IN ('agreed', 'kept', 'overtaken', 'left')", name=op.f("ck_change_of_hands_outcome")
        ),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_change_of_hands_urn")),
        sa.ForeignKeyConstraint(["giver_id"], ["partnership.id"], name=op.f("fk_change_of_hands_giver_id")),
        sa.ForeignKeyConstraint(
            ["receiver_id"], ["partnership.id"], name=op.f("fk_change_of_hands_receiver_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_of_hands")),
    )
    op.create_index("ix_change_of_hands_urn", "change_of_hands", ["urn", "settled_at"])
    op.create_index("ix_change_of_hands_giver", "change_of_hands", ["giver_id", "settled_at"])
    op.create_index("ix_change_of_hands_receiver", "change_of_hands", ["receiver_id", "settled_at"])
    for name, columns, where in (
        ("school", ["urn", "receiver_id"], "settled_at IS NULL AND la_code IS NOT NULL"),
        ("link", ["predecessor_urn", "successor_urn"], "settled_at IS NULL"),
    ):
        op.create_index(
            f"uq_change_of_hands_{name}",
            "change_of_hands",
            columns,
            unique=True,
            postgresql_where=sa.text(where),
            sqlite_where=sa.text(where),
        )
    with op.batch_alter_table("contact") as batch_op:
        batch_op.drop_index("uq_contact_urn_address")
        batch_op.add_column(sa.Column("partnership_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_contact_partnership_id"), "partnership", ["partnership_id"], ["id"]
        )
        batch_op.create_index(batch_op.f("ix_contact_partnership_id"), ["partnership_id"], unique=False)
        batch_op.create_index(
            "uq_contact_urn_address",
            ["urn", "partnership_id", "address"],
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
            sqlite_where=sa.text("ended_at IS NULL"),
        )
    op.add_column("history", sa.Column("partnership_id", sa.Integer(), nullable=True))
    op.create_index("ix_letter_counted", "letter", ["partnership_id", "status", "handed_at"])
    op.create_index("ix_dead_address_lower", "dead_address", [sa.text("lower(address)")])
    op.create_index("ix_booking_contact_booking", "booking_contact", ["booking_id"])
    op.create_index("ix_booking_handover_from", "booking_handover", ["from_urn"])
    op.create_index("ix_booking_handover_to", "booking_handover", ["to_urn"])
    op.create_index("ix_incoming_sender", "incoming", ["partnership_id", sa.text("lower(sender)")])
    _fill()
    _guards()


def downgrade():
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table in ("school", "school_record", "authority", "change_of_hands"):
        on = f" ON {table}" if postgresql else ""
        op.execute(f"DROP TRIGGER {table}_whose_guard{on}")
        if postgresql:
            op.execute(f"DROP FUNCTION {table}_whose_guard()")
    if postgresql:
        op.execute("DROP TRIGGER change_of_hands_whole_guard ON change_of_hands")
        op.execute("DROP FUNCTION change_of_hands_whole_guard()")
    else:
        op.execute("DROP TRIGGER change_of_hands_delete_guard")
    op.drop_index("ix_incoming_sender", "incoming")
    op.drop_index("ix_booking_handover_to", "booking_handover")
    op.drop_index("ix_booking_handover_from", "booking_handover")
    op.drop_index("ix_booking_contact_booking", "booking_contact")
    op.drop_index("ix_dead_address_lower", "dead_address")
    op.drop_index("ix_letter_counted", "letter")
    op.drop_column("history", "partnership_id")
    with op.batch_alter_table("contact") as batch_op:
        batch_op.drop_index("uq_contact_urn_address")
        batch_op.drop_index(batch_op.f("ix_contact_partnership_id"))
        batch_op.drop_constraint(batch_op.f("fk_contact_partnership_id"), type_="foreignkey")
        batch_op.drop_column("partnership_id")
        batch_op.create_index(
            "uq_contact_urn_address",
            ["urn", "address"],
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
            sqlite_where=sa.text("ended_at IS NULL"),
        )
    op.drop_table("change_of_hands")


def _fill():
    """Whose each contact is; and the schools that changed hands before anybody was asked, from the register's
    dated rows."""
    op.execute("""
        UPDATE contact SET partnership_id = (
            SELECT a.partnership_id FROM school s JOIN authority a ON a.la_code = s.la_code WHERE s.urn = contact.urn
        )
    """)
    bind = op.get_bind()
    whose = dict(bind.execute(sa.text("SELECT la_code, partnership_id FROM authority")).all())
    record = sa.table(
        "school_record", *map(sa.column, ("id", "urn", "la_code")), sa.column("recorded_at", _INSTANT)
    )
    moved = (
        sa.select(record.c.urn).group_by(record.c.urn).having(sa.func.count(record.c.la_code.distinct()) > 1)
    )
    rows = bind.execute(
        sa.select(record.c.urn, record.c.la_code, record.c.recorded_at)
        .where(record.c.urn.in_(moved))
        .order_by(record.c.urn, record.c.id)
    ).all()
    hands = sa.table(
        "change_of_hands",
        *map(sa.column, ("urn", "giver_id", "receiver_id", "la_code", "asked_by", "outcome", "settled_by")),
        sa.column("asked_at", _INSTANT),
        sa.column("settled_at", _INSTANT),
    )
    contact = sa.table(
        "contact", *map(sa.column, ("urn", "partnership_id")), sa.column("created_at", _INSTANT)
    )
    before = {}
    for urn, la_code, at in rows:
        giver, receiver = whose.get(before.get(urn)), whose.get(la_code)
        before[urn] = la_code
        if giver is None or giver == receiver:
            continue
        bind.execute(
            hands.insert().values(
                urn=urn,
                giver_id=giver,
                receiver_id=receiver,
                la_code=la_code,
                asked_at=at,
                asked_by="the register",
                outcome="left" if receiver is None else "agreed",
                settled_at=at,
                settled_by="the register",
            )
        )
        bind.execute(
            contact.update()
            .where(contact.c.urn == urn, contact.c.created_at < at)
            .where(sa.or_(contact.c.partnership_id.is_(None), contact.c.partnership_id == whose.get(la_code)))
            .values(partnership_id=giver)
        )


_INSTANT = sa.DateTime(timezone=True)


def _guards():
    if op.get_bind().dialect.name == "postgresql":
        for table, before in _BEFORE.items():
            op.execute(f"""
                CREATE FUNCTION {table}_whose_guard() RETURNS trigger LANGUAGE plpgsql AS $$
                DECLARE
                    giver integer;
                    receiver integer;
                BEGIN
                    SELECT a.partnership_id INTO giver FROM authority a WHERE a.la_code = {before};
                    SELECT a.partnership_id INTO receiver FROM authority a WHERE a.la_code = NEW.la_code;
                    IF giver <> receiver AND {_NOT_AGREED.format(giver="giver", receiver="receiver")} THEN
                        RAISE EXCEPTION '{table}_held_by_another' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                END $$
            """)
            op.execute(f"""
                CREATE TRIGGER {table}_whose_guard BEFORE {_EVENT[table]} ON {table}
                FOR EACH ROW EXECUTE FUNCTION {table}_whose_guard()
            """)
        for table, event, when, name in (
            (
                "authority",
                "UPDATE OF partnership_id",
                "FOR EACH ROW WHEN (OLD.partnership_id <> NEW.partnership_id)",
                "whose",
            ),
            (
                "change_of_hands",
                "UPDATE OR DELETE",
                "FOR EACH ROW WHEN (OLD.settled_at IS NOT NULL)",
                "whose",
            ),
            ("change_of_hands", "TRUNCATE", "FOR EACH STATEMENT", "whole"),
        ):
            op.execute(f"""
                CREATE FUNCTION {table}_{name}_guard() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    RAISE EXCEPTION '{table}_stays_as_it_is' USING ERRCODE = 'check_violation';
                END $$
            """)
            op.execute(f"""
                CREATE TRIGGER {table}_{name}_guard BEFORE {event} ON {table}
                {when} EXECUTE FUNCTION {table}_{name}_guard()
            """)
        return
    for table, before in _BEFORE.items():
        giver = f"(SELECT a.partnership_id FROM authority a WHERE a.la_code = {before})"
        receiver = "(SELECT a.partnership_id FROM authority a WHERE a.la_code = NEW.la_code)"
        op.execute(f"""
            CREATE TRIGGER {table}_whose_guard BEFORE {_EVENT[table]} ON {table}
            WHEN {giver} <> {receiver} AND {_NOT_AGREED.format(giver=giver, receiver=receiver)}
            BEGIN SELECT RAISE(ABORT, '{table}_held_by_another'); END
        """)
    for table, event, when, name in (
        ("authority", "UPDATE OF partnership_id", "OLD.partnership_id <> NEW.partnership_id", "whose"),
        ("change_of_hands", "UPDATE", "OLD.settled_at IS NOT NULL", "whose"),
        ("change_of_hands", "DELETE", "OLD.settled_at IS NOT NULL", "delete"),
    ):
        op.execute(f"""
            CREATE TRIGGER {table}_{name}_guard BEFORE {event} ON {table} WHEN {when}
            BEGIN SELECT RAISE(ABORT, '{table}_stays_as_it_is'); END
        """)
