"""What is not a school stays with its partnership, and out of the tables that are about schools alone

A school is nobody's alone: any partnership may have rows that name it. Whoever has a number of FIRST and more is of one
partnership, for good: no row of another may name it, and only another of the same kind and partnership may follow it.
Rules of one row are triggers here, because SQLite adds no CHECK to a table that is there. PostgreSQL asks triggers by
their names: these before the others of their tables.

Revision ID: 0040_bodies_kept_apart
Revises: 0039_attendance
"""

from alembic import op

revision = "0040_bodies_kept_apart"
down_revision = "0039_attendance"
branch_labels = None
depends_on = None

FIRST = 10_000_000

SCHOOLS_ALONE = (
    "change_of_hands",
    "correction",
    "earlier_visit",
    "own_number",
    "register_change",
    "school_day",
    "school_hours",
    "school_term",
)

BY_ITSELF = ("NEW.partnership_id", ("partnership_id",))
BY_PROGRAMME = ("(SELECT p.partnership_id FROM programme p WHERE p.id = NEW.programme_id)", ("programme_id",))
BY_PLAN = (
    "(SELECT p.partnership_id FROM plan l JOIN programme p ON p.id = l.programme_id WHERE l.id = NEW.plan_id)",
    ("plan_id",),
)
BY_CALL_OFF = (
    "(SELECT c.partnership_id FROM call_off c WHERE c.id = NEW.call_off_id)",
    ("call_off_id",),
)
BY_BOOKING = ("(SELECT b.partnership_id FROM booking b WHERE b.id = NEW.booking_id)", ("booking_id",))

WHOSE = {
    **dict.fromkeys(
        (
            "absence",
            "body_list_line",
            "booking",
            "confirmation_request",
            "contact",
            "drawn_school",
            "follow_up",
            "no_visit_reminders",
            "note",
            "own_letter_to",
            "paper_letter",
            "performance",
            "personal_link",
            "questionnaire_decline",
            "short_code",
        ),
        BY_ITSELF,
    ),
    **dict.fromkeys(
        (
            "answer",
            "chase",
            "draft",
            "form_begun",
            "gap_owner",
            "guest_place",
            "invitation",
            "link_request",
            "named_person",
            "not_raised",
            "promise_limit",
            "proposal",
            "target_decision",
        ),
        BY_PROGRAMME,
    ),
    "plan_left_out": BY_PLAN,
    "plan_line": BY_PLAN,
    "call_off_line": BY_CALL_OFF,
    "call_off_school_day": BY_CALL_OFF,
    "booking_handover": BY_BOOKING,
}
"""Table -> the partnership of a row, and the columns that say it."""

NAMED = {"booking_handover": ("from_organisation_id", "to_organisation_id")}
"""The columns that name an organisation, where they are not organisation_id."""

NOT_SUCH = f"""(NEW.predecessor_id >= {FIRST} OR NEW.successor_id >= {FIRST}) AND NOT EXISTS (
    SELECT 1 FROM organisation a JOIN organisation b ON b.kind = a.kind AND b.partnership_id = a.partnership_id
    WHERE a.organisation_id = NEW.predecessor_id AND b.organisation_id = NEW.successor_id)"""

GOES_OVER = "OLD.partnership_id IS NOT NULL AND NEW.partnership_id IS NOT NULL AND NEW.partnership_id <> OLD.partnership_id"


def upgrade():
    for table, condition, refusal, watched in _guards():
        guard = f"{table}_body_guard"
        of = f"UPDATE OF {', '.join(watched)}"
        if op.get_bind().dialect.name == "sqlite":
            for event in ([] if table == "organisation" else ["INSERT"]) + [of]:
                op.execute(
                    f"CREATE TRIGGER {guard}_{event.split()[0].lower()} BEFORE {event} ON {table} WHEN {condition} "
                    f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
                )
            continue
        before = of if table == "organisation" else f"INSERT OR {of}"
        op.execute(
            f"CREATE FUNCTION {guard}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN "
            f"RAISE EXCEPTION '{refusal}' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {guard} BEFORE {before} ON {table} FOR EACH ROW EXECUTE FUNCTION {guard}()"
        )


def downgrade():
    for table, _, _, _ in reversed(_guards()):
        guard = f"{table}_body_guard"
        if op.get_bind().dialect.name == "sqlite":
            if table != "organisation":
                op.execute(f"DROP TRIGGER {guard}_insert")
            op.execute(f"DROP TRIGGER {guard}_update")
            continue
        op.execute(f"DROP TRIGGER {guard} ON {table}")
        op.execute(f"DROP FUNCTION {guard}")


def _guards():
    """(table, when a row of it is wrong, what refuses it, the columns that say so) of each guard."""
    guards = [(table, f"NEW.urn >= {FIRST}", "for_schools_alone", ("urn",)) for table in SCHOOLS_ALONE]
    for table, (whose, by) in WHOSE.items():
        named = NAMED.get(table, ("organisation_id",))
        wrong = " OR ".join(
            f"NEW.{column} >= {FIRST} AND (SELECT o.partnership_id FROM organisation o "
            f"WHERE o.organisation_id = NEW.{column}) <> {whose}"
            for column in named
        )
        guards.append((table, wrong, "names_anothers", (*named, *by)))
    guards.append(("succession", NOT_SUCH, "of_one_partnership", ("predecessor_id", "successor_id")))
    guards.append(("organisation", GOES_OVER, "stays_with_its_partnership", ("partnership_id",)))
    return guards
