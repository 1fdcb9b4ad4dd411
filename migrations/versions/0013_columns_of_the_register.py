"""columns of the register

Revision ID: 0013
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None

FACTS = (
    ("establishment_number", sa.Integer),
    ("percentage_fsm", sa.Float),
    ("federation_name", sa.Text),
    ("urban_rural", sa.Text),
)


def upgrade():
    for table in ("school", "school_record"):
        for name, kind in FACTS:
            op.add_column(table, sa.Column(name, kind(), nullable=True))
    op.create_index("ix_school_establishment_number", "school", ["establishment_number"], unique=False)
    op.add_column("register_import", sa.Column("file_day", sa.Date(), nullable=True))
    op.add_column("succession", sa.Column("kind", sa.Text(), server_default="", nullable=False))


def downgrade():
    op.drop_column("succession", "kind")
    op.drop_column("register_import", "file_day")
    op.drop_index("ix_school_establishment_number", table_name="school")
    for table in ("school_record", "school"):
        for name, _ in reversed(FACTS):
            op.drop_column(table, name)
