"""Keys of the forms by which a lesson or film was put down, so that each counts once

Revision ID: 0026_catch_up_forms
Revises: 0025_staff_letters
"""

from alembic import op

revision = "0026_catch_up_forms"
down_revision = "0025_staff_letters"
branch_labels = None
depends_on = None


def upgrade():
    # In one statement, since SQLite adds no constraint to a table that is there.
    op.execute(
        "ALTER TABLE absence ADD COLUMN form_key TEXT CONSTRAINT ck_absence_form_key "
        "CHECK (form_key IS NULL OR (kind <> 'missed' AND length(form_key) BETWEEN 1 AND 64))"
    )
    op.create_index(
        "uq_absence_form", "absence", ["programme_id", "urn", "form_key", "year_group"], unique=True
    )


def downgrade():
    op.drop_index("uq_absence_form", "absence")
    op.drop_column("absence", "form_key")
