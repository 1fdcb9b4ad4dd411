"""The letter that asks a company for the reports of a day: one for each day, held by the database

Revision ID: 0027_company_requests
Revises: 0026_catch_up_forms
"""

import sqlalchemy as sa
from alembic import op

revision = "0027_company_requests"
down_revision = "0026_catch_up_forms"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "company_request",
        sa.Column("tour_day_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tour_day_id"], ["tour_day.id"], name=op.f("fk_company_request_tour_day_id")
        ),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name=op.f("fk_company_request_letter_id")),
        sa.PrimaryKeyConstraint("tour_day_id", name=op.f("pk_company_request")),
        sa.UniqueConstraint("letter_id", name=op.f("uq_company_request_letter_id")),
    )
    # Those that went already: the first of a day.
    op.execute(
        "INSERT INTO company_request (tour_day_id, letter_id, recorded_at) "
        "SELECT p.tour_day_id, min(l.id), min(l.created_at) FROM letter l JOIN performance p ON p.uid = l.stream "
        "WHERE l.kind = 'how the day went' GROUP BY p.tour_day_id"
    )


def downgrade():
    op.drop_table("company_request")
