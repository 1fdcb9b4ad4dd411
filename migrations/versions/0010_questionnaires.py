"""Questionnaires of pupils: items, waves and codes, answers without an order

Revision ID: 0010_questionnaires
Revises: 0009_lots
"""

import sqlalchemy as sa
from alembic import op

revision = "0010_questionnaires"
down_revision = "0009_lots"
branch_labels = None
depends_on = None

STAYS = (
    ("question_item_stays", "question_item", "UPDATE OF words, kind, whom_to_tell, right_answer", ""),
    (
        "questionnaire_stays",
        "questionnaire_item",
        "INSERT",
        "(SELECT q.approved_at FROM questionnaire q WHERE q.id = NEW.questionnaire_id) IS NOT NULL",
    ),
    (
        "questionnaire_item_stays",
        "questionnaire_item",
        "UPDATE",
        "(SELECT q.approved_at FROM questionnaire q WHERE q.id = OLD.questionnaire_id) IS NOT NULL",
    ),
    ("closed_answer_only_grows", "closed_answer", "UPDATE", ""),
)
"""The name that refuses, the table, what is refused there, and when if not always."""


def upgrade():
    op.create_table(
        "question_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("whom_to_tell", sa.Boolean(), nullable=False),
        sa.Column("right_answer", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("validated", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'true or false') = (right_answer IS NOT NULL) AND COALESCE(right_answer, 0) IN (0, 1)",
            name=op.f("ck_question_item_right_answer"),
        ),
        sa.CheckConstraint("NOT whom_to_tell OR kind = 'scale'", name=op.f("ck_question_item_whom_to_tell")),
        sa.CheckConstraint("kind IN ('scale', 'true or false')", name=op.f("ck_question_item_kind")),
        sa.CheckConstraint(
            "words <> '' AND source <> '' AND licence <> ''", name=op.f("ck_question_item_said")
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_question_item_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_item")),
        sa.UniqueConstraint("id", "partnership_id", name=op.f("uq_question_item_id_partnership_id")),
    )
    op.create_index(op.f("ix_question_item_partnership_id"), "question_item", ["partnership_id"])
    op.create_index(
        "uq_question_item_words",
        "question_item",
        ["partnership_id", "words"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "questionnaire",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("drafted_by_id", sa.Integer(), nullable=False),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approver_id", sa.Integer(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_as", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_as IS NULL) AND (ended_as IS NULL OR ended_as IN ('replaced', 'withdrawn'))",
            name=op.f("ck_questionnaire_ended"),
        ),
        sa.CheckConstraint(
            "(approved_at IS NULL) = (approved_by IS NULL)", name=op.f("ck_questionnaire_approved")
        ),
        sa.CheckConstraint("approver_id <> drafted_by_id", name=op.f("ck_questionnaire_second_person")),
        sa.CheckConstraint(
            "approver_id IS NULL OR approved_at IS NOT NULL", name=op.f("ck_questionnaire_approver")
        ),
        sa.ForeignKeyConstraint(
            ["approver_id", "partnership_id"],
            ["person.id", "person.partnership_id"],
            name=op.f("fk_questionnaire_approver_id"),
        ),
        sa.ForeignKeyConstraint(
            ["drafted_by_id", "partnership_id"],
            ["person.id", "person.partnership_id"],
            name=op.f("fk_questionnaire_drafted_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["programme_id", "partnership_id"],
            ["programme.id", "programme.partnership_id"],
            name=op.f("fk_questionnaire_programme_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire")),
        sa.UniqueConstraint("id", "partnership_id", name=op.f("uq_questionnaire_id_partnership_id")),
    )
    op.create_index(op.f("ix_questionnaire_programme_id"), "questionnaire", ["programme_id"])
    op.create_index(
        "uq_questionnaire_approved",
        "questionnaire",
        ["programme_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL AND approved_at IS NOT NULL"),
        sqlite_where=sa.text("ended_at IS NULL AND approved_at IS NOT NULL"),
    )
    op.create_index(
        "uq_questionnaire_draft",
        "questionnaire",
        ["programme_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL AND approved_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL AND approved_at IS NULL"),
    )
    op.create_table(
        "questionnaire_decline",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name=op.f("ck_questionnaire_decline_withdrawn")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id", "partnership_id"],
            ["programme.id", "programme.partnership_id"],
            name=op.f("fk_questionnaire_decline_programme_id"),
        ),
        sa.ForeignKeyConstraint(["urn"], ["school.urn"], name=op.f("fk_questionnaire_decline_urn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire_decline")),
    )
    op.create_index(
        "uq_questionnaire_decline_standing",
        "questionnaire_decline",
        ["programme_id", "urn"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
        sqlite_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "questionnaire_item",
        sa.Column("questionnaire_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("position BETWEEN 1 AND 8", name=op.f("ck_questionnaire_item_position")),
        sa.ForeignKeyConstraint(
            ["item_id", "partnership_id"],
            ["question_item.id", "question_item.partnership_id"],
            name=op.f("fk_questionnaire_item_item_id"),
        ),
        sa.ForeignKeyConstraint(
            ["questionnaire_id", "partnership_id"],
            ["questionnaire.id", "questionnaire.partnership_id"],
            name=op.f("fk_questionnaire_item_questionnaire_id"),
        ),
        sa.PrimaryKeyConstraint("questionnaire_id", "position", name=op.f("pk_questionnaire_item")),
        sa.UniqueConstraint(
            "questionnaire_id", "item_id", name=op.f("uq_questionnaire_item_questionnaire_id_item_id")
        ),
    )
    op.create_index(op.f("ix_questionnaire_item_item_id"), "questionnaire_item", ["item_id"])
    op.create_table(
        "answer_wave",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("performance_id", sa.Integer(), nullable=False),
        sa.Column("questionnaire_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("open_table", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("order_gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(kind = 'later') = (opens_on IS NOT NULL)", name=op.f("ck_answer_wave_opens_on")),
        sa.CheckConstraint("kind IN ('before', 'after', 'later')", name=op.f("ck_answer_wave_kind")),
        sa.CheckConstraint("open_table IS NULL OR closed_at IS NULL", name=op.f("ck_answer_wave_open_table")),
        sa.CheckConstraint(
            "order_gone_at IS NULL OR closed_at IS NOT NULL", name=op.f("ck_answer_wave_order_gone")
        ),
        sa.ForeignKeyConstraint(
            ["performance_id", "partnership_id"],
            ["performance.id", "performance.partnership_id"],
            name=op.f("fk_answer_wave_performance_id"),
        ),
        sa.ForeignKeyConstraint(
            ["questionnaire_id", "partnership_id"],
            ["questionnaire.id", "questionnaire.partnership_id"],
            name=op.f("fk_answer_wave_questionnaire_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_wave")),
        sa.UniqueConstraint("id", "partnership_id", name=op.f("uq_answer_wave_id_partnership_id")),
        sa.UniqueConstraint("performance_id", "kind", name=op.f("uq_answer_wave_performance_id_kind")),
    )
    op.create_index(
        "ix_answer_wave_not_closed",
        "answer_wave",
        ["performance_id"],
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "ix_answer_wave_order",
        "answer_wave",
        ["id"],
        postgresql_where=sa.text("closed_at IS NOT NULL AND order_gone_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NOT NULL AND order_gone_at IS NULL"),
    )
    op.create_index(op.f("ix_answer_wave_questionnaire_id"), "answer_wave", ["questionnaire_id"])
    op.create_table(
        "answer_tally",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name=op.f("ck_answer_tally_withdrawn")
        ),
        sa.ForeignKeyConstraint(
            ["wave_id", "partnership_id"],
            ["answer_wave.id", "answer_wave.partnership_id"],
            name=op.f("fk_answer_tally_wave_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_tally")),
        sa.UniqueConstraint("id", "partnership_id", name=op.f("uq_answer_tally_id_partnership_id")),
    )
    op.create_index(op.f("ix_answer_tally_wave_id"), "answer_tally", ["wave_id"])
    op.create_table(
        "closed_answer",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=False),
        sa.Column("set_aside", sa.Boolean(), nullable=False),
        sa.Column("a1", sa.SmallInteger(), nullable=True),
        sa.Column("a2", sa.SmallInteger(), nullable=True),
        sa.Column("a3", sa.SmallInteger(), nullable=True),
        sa.Column("a4", sa.SmallInteger(), nullable=True),
        sa.Column("a5", sa.SmallInteger(), nullable=True),
        sa.Column("a6", sa.SmallInteger(), nullable=True),
        sa.Column("a7", sa.SmallInteger(), nullable=True),
        sa.Column("a8", sa.SmallInteger(), nullable=True),
        sa.CheckConstraint(
            "COALESCE(a1, 0) BETWEEN 0 AND 5 AND COALESCE(a2, 0) BETWEEN 0 AND 5 AND COALESCE(a3, 0) BETWEEN 0 AND 5 AND COALESCE(a4, 0) BETWEEN 0 AND 5 AND COALESCE(a5, 0) BETWEEN 0 AND 5 AND COALESCE(a6, 0) BETWEEN 0 AND 5 AND COALESCE(a7, 0) BETWEEN 0 AND 5 AND COALESCE(a8, 0) BETWEEN 0 AND 5",
            name=op.f("ck_closed_answer_values"),
        ),
        sa.ForeignKeyConstraint(
            ["wave_id", "partnership_id"],
            ["answer_wave.id", "answer_wave.partnership_id"],
            name=op.f("fk_closed_answer_wave_id"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_closed_answer")),
    )
    op.create_index("ix_closed_answer_wave", "closed_answer", ["wave_id"])
    op.create_table(
        "wave_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_as", sa.Text(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_as IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL) AND (ended_as IS NULL OR ended_as IN ('stopped', 'replaced'))",
            name=op.f("ck_wave_code_ended"),
        ),
        sa.ForeignKeyConstraint(
            ["wave_id", "partnership_id"],
            ["answer_wave.id", "answer_wave.partnership_id"],
            name=op.f("fk_wave_code_wave_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wave_code")),
        sa.UniqueConstraint("code", name=op.f("uq_wave_code_code")),
        sa.UniqueConstraint("id", "partnership_id", name=op.f("uq_wave_code_id_partnership_id")),
    )
    op.create_index(op.f("ix_wave_code_wave_id"), "wave_code", ["wave_id"])
    op.create_index(
        "uq_wave_code_standing",
        "wave_code",
        ["wave_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "answer_tally_count",
        sa.Column("tally_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_answer_tally_count_number")),
        sa.CheckConstraint("value BETWEEN 0 AND 5", name=op.f("ck_answer_tally_count_value")),
        sa.ForeignKeyConstraint(
            ["item_id", "partnership_id"],
            ["question_item.id", "question_item.partnership_id"],
            name=op.f("fk_answer_tally_count_item_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tally_id", "partnership_id"],
            ["answer_tally.id", "answer_tally.partnership_id"],
            name=op.f("fk_answer_tally_count_tally_id"),
        ),
        sa.PrimaryKeyConstraint("tally_id", "item_id", "value", name=op.f("pk_answer_tally_count")),
    )
    op.create_table(
        "answers_set_aside",
        sa.Column("code_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_answers_set_aside_reason")),
        sa.ForeignKeyConstraint(
            ["code_id", "partnership_id"],
            ["wave_code.id", "wave_code.partnership_id"],
            name=op.f("fk_answers_set_aside_code_id"),
        ),
        sa.PrimaryKeyConstraint("code_id", name=op.f("pk_answers_set_aside")),
    )
    _guard(op.get_bind())


def _guard(bind):
    for name, table, event, when in STAYS:
        if bind.dialect.name == "sqlite":
            condition = f"WHEN {when}" if when else ""
            op.execute(
                f"CREATE TRIGGER {name}_guard BEFORE {event} ON {table} {condition} "
                f"BEGIN SELECT RAISE(ABORT, '{name}'); END"
            )
            continue
        refusal = f"RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation';"
        body = f"IF {when} THEN {refusal} END IF; RETURN NEW;" if when else refusal
        op.execute(
            f"CREATE FUNCTION {name}_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name}_guard BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}_guard()"
        )
    if bind.dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER closed_answer_truncate_guard BEFORE TRUNCATE ON closed_answer "
            "FOR EACH STATEMENT EXECUTE FUNCTION closed_answer_only_grows_guard()"
        )


def downgrade():
    bind = op.get_bind()
    for name in sa.inspect(bind).get_table_names():
        if name.startswith(("open_answers_", "used_forms_")):  # of waves that are open
            op.drop_table(name)
    for table in (
        "answers_set_aside",
        "answer_tally_count",
        "wave_code",
        "closed_answer",
        "answer_tally",
        "answer_wave",
        "questionnaire_item",
        "questionnaire_decline",
        "questionnaire",
        "question_item",
    ):
        op.drop_table(table)
    if bind.dialect.name == "postgresql":
        for name, *_ in STAYS:
            op.execute(f"DROP FUNCTION {name}_guard")
