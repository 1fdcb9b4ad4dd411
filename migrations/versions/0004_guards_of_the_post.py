"""how mails are kept

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    if op.get_bind().dialect.name == "postgresql":
        # A mail is base64 and quoted-printable: packing it saves little, and takes most of the time of
        # sending it.
        op.execute("ALTER TABLE letter ALTER COLUMN raw SET STORAGE EXTERNAL")
        # Room on each page, so that taking a letter in hand moves no row and touches no index.
        op.execute("ALTER TABLE letter SET (fillfactor = 60)")


def downgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE letter RESET (fillfactor)")
        op.execute("ALTER TABLE letter ALTER COLUMN raw SET STORAGE EXTENDED")
