"""people of a booking

What a booking came to, in a word; and whom a school named from outside its own domain, until a coordinator
has looked.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("booking", sa.Column("outcome", sa.Text(), nullable=True))
    _fill_outcome()
    op.create_table(
        "named_person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=True),
        sa.Column("place_id", sa.Integer(), nullable=True),
        sa.Column("about", sa.Integer(), nullable=True),
        sa.Column("instead_of", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), server_default="", nullable=False),
        sa.Column("duty", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("named_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.Text(), server_default="", nullable=False),
        sa.Column("who", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "door IN ('booking', 'seats', 'somebody else', 'contacts')", name=op.f("ck_named_person_door")
        ),
        sa.CheckConstraint(
            "decision IN ('', 'granted', 'refused', 'taken back')", name=op.f("ck_named_person_decision")
        ),
        sa.CheckConstraint("(decided_at IS NULL) = (decision = '')", name=op.f("ck_named_person_decided")),
        sa.CheckConstraint(
            "(door = 'booking') = (booking_id IS NOT NULL) AND (door = 'seats') = (place_id IS NOT NULL)",
            name=op.f("ck_named_person_about"),
        ),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_named_person_booking_id")),
        sa.ForeignKeyConstraint(["place_id"], ["guest_place.id"], name=op.f("fk_named_person_place_id")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_named_person_programme_id")
        ),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_named_person_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_named_person")),
    )
    op.create_index("ix_named_person_programme", "named_person", ["programme_id", "decided_at"])
    for name, columns, where in _OPEN_ONCE:
        op.create_index(
            name,
            "named_person",
            columns,
            unique=True,
            postgresql_where=sa.text(where),
            sqlite_where=sa.text(where),
        )


def downgrade():
    op.drop_table("named_person")
    # Not as a batch: that makes the table anew on SQLite, without the guards that stand on it.
    op.drop_column("booking", "outcome")


_OPEN_ONCE = (
    ("uq_named_person_booking", ["booking_id", "address"], "decided_at IS NULL AND booking_id IS NOT NULL"),
    ("uq_named_person_place", ["place_id", "address"], "decided_at IS NULL AND place_id IS NOT NULL"),
    (
        "uq_named_person_school",
        ["programme_id", "urn", "door", "address"],
        "decided_at IS NULL AND booking_id IS NULL AND place_id IS NULL",
    ),
)


def _fill_outcome():
    """By the newest word of each side since the show began; the coordinator's stands over both."""
    bind = op.get_bind()
    bookings = bind.execute(
        sa.text(
            "SELECT b.id, b.performance_id, p.starts_at FROM booking b JOIN performance p ON p.id = b.performance_id"
            " WHERE b.ended_at IS NULL AND EXISTS (SELECT 1 FROM visit_report r"
            " WHERE r.performance_id = p.id AND r.recorded_at >= p.starts_at) ORDER BY b.id"
        )
    ).all()
    newest = sa.text(
        "SELECT side, took_place FROM visit_report WHERE recorded_at >= :starts_at"
        " AND id NOT IN (SELECT report_id FROM report_withdrawal)"
        " AND (booking_id = :booking OR (booking_id IS NULL AND performance_id = :performance)) ORDER BY id"
    )
    for booking_id, performance_id, starts_at in bookings:
        said = {
            side: bool(took_place)
            for side, took_place in bind.execute(
                newest, {"starts_at": starts_at, "booking": booking_id, "performance": performance_id}
            )
        }
        words = [said["settled"]] if "settled" in said else list(said.values())
        if not words:
            continue
        outcome = (
            "reports disagree" if len(set(words)) > 1 else "took place" if words[0] else "did not take place"
        )
        bind.execute(
            sa.text("UPDATE booking SET outcome = :outcome WHERE id = :booking"),
            {"outcome": outcome, "booking": booking_id},
        )
