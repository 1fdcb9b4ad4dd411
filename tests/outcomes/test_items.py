"""Items and questionnaires: what may be asked, and who has to have read it first."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

import make
from asked import lay
from outreach.county.coordinators import Coordinator
from outreach.county.partnerships import Partnership
from outreach.ground.db import broken_guard, db, transaction
from outreach.outcomes import items, questionnaires
from outreach.outcomes.items import OURS, ItemWords, QuestionItem
from outreach.outcomes.questionnaires import Questionnaire, QuestionnaireItem
from outreach.outcomes.reading_age import LONGEST_SENTENCE, too_hard
from outreach.tour.programmes import Programme


@pytest.fixture
def programme(app: Flask) -> Programme:
    with transaction():
        return make.programme(make.partnership())


@pytest.fixture
def drafter(programme: Programme) -> Coordinator:
    with transaction():
        return make.person(partnership_of(programme))


def partnership_of(programme: Programme) -> Partnership:
    return db.session.get_one(Partnership, programme.partnership_id)


def test_our_items_can_be_read_at_nine_and_ask_whom_to_tell() -> None:
    assert [too_hard(item.words) for item in OURS] == [""] * len(OURS)
    assert 5 <= len(OURS) <= 8
    assert [item.words for item in OURS if item.whom_to_tell] == [OURS[0].words]
    assert {item.validated for item in OURS} == {False}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("I know who to tell.", ""),
        ("word " * LONGEST_SENTENCE, ""),
        ("word " * (LONGEST_SENTENCE + 1), f"A sentence has {LONGEST_SENTENCE + 1} words."),
        ("word " * 15 + ". " + "word " * 15, ""),
        ("Exploitation and manipulation are dangerous.", "Use shorter words than ‘Exploitation’,"),
        ("My safeguarding teacher knows something dangerous.", ""),
    ],
)
def test_what_a_child_of_nine_would_stumble_over(words: str, why: str) -> None:
    said = too_hard(words)
    assert said.startswith(why) and bool(said) == bool(why)


def test_an_item_too_hard_twice_without_source_or_answer_is_refused(programme: Programme) -> None:
    of = programme.partnership_id
    with transaction():
        items.add(of, ItemWords(words="I know  who to tell. "), who="P", now=make.NOW)
    refused = {
        items.ItemTwice: ItemWords(words="I know who to tell."),
        items.ItemTooHard: ItemWords(words="word " * 30),
        items.SourceMissing: ItemWords(words="I like it.", source=" "),
        items.RightAnswerMissing: ItemWords(words="It is so.", kind=items.TRUE_OR_FALSE),
    }
    for kind, item in refused.items():
        with pytest.raises(kind), transaction():
            items.add(of, item, who="P", now=make.NOW)
    assert [one.words for one in items.items_of_partnership(of)] == ["I know who to tell."]


def test_a_changed_item_is_a_new_item_and_the_database_holds_the_old_one(programme: Programme) -> None:
    with transaction():
        items.add(programme.partnership_id, OURS[0], who="P", now=make.NOW)
    for change in (
        "words = 'Other words'",
        "kind = 'true or false', right_answer = 1",
        "whom_to_tell = false",
    ):
        with pytest.raises(IntegrityError) as refused, transaction():
            db.session.execute(text(f"UPDATE question_item SET {change}"))
        assert broken_guard(refused.value) == "question_item_stays"
    with transaction():
        one = items.items_of_partnership(programme.partnership_id)[0]
        items.end(one, now=make.NOW)
    assert items.items_of_partnership(programme.partnership_id) == []
    with transaction():
        items.offer_again(one)
        items.offer_again(one)
    assert items.items_of_partnership(programme.partnership_id) == [one], "the same, so that years compare"
    with transaction():
        items.end(one, now=make.NOW)
    assert items.ended_of_partnership(programme.partnership_id) == [one]
    with transaction():  # its words may be written again, as another item
        again = items.add(programme.partnership_id, OURS[0], who="P", now=make.NOW)
    assert again.id != one.id
    with pytest.raises(items.ItemTwice), transaction():
        items.offer_again(one)


def test_a_questionnaire_has_five_to_eight_items_one_of_them_whom_to_tell(
    programme: Programme, drafter: Coordinator
) -> None:
    of = programme.partnership_id
    with transaction():
        tells = items.add(of, OURS[0], who="P", now=make.NOW).id
        others = [
            items.add(of, ItemWords(words=f"I like number {n}."), who="P", now=make.NOW).id for n in range(8)
        ]
    for chosen in ([], [tells, *others[:3]], [tells, *others], [tells, tells, *others[:3]]):
        with pytest.raises(questionnaires.WrongNumberOfItems), transaction():
            questionnaires.draft(programme, chosen, drafter, now=make.NOW)
    with pytest.raises(questionnaires.NobodyToTell), transaction():
        questionnaires.draft(programme, others[:5], drafter, now=make.NOW)
    for chosen in ([*others[:4], tells], [tells, *others[:7]]):
        with transaction():
            made = questionnaires.draft(programme, chosen, drafter, now=make.NOW)
        assert [one.id for one in questionnaires.items_of(made.id)] == chosen
    drafts = db.session.scalars(select(Questionnaire).order_by(Questionnaire.id)).all()
    assert [one.ended_as for one in drafts] == ["replaced", None]


def test_adults_are_asked_nothing_here(programme: Programme, drafter: Coordinator) -> None:
    with transaction():
        preview = make.programme(partnership_of(programme), (), for_adults=True)
    with pytest.raises(questionnaires.AdultsAreNotAsked), transaction():
        questionnaires.start_with_ours(preview, drafter, now=make.NOW)


def test_a_second_coordinator_approves_and_nobody_their_own(
    programme: Programme, drafter: Coordinator
) -> None:
    with transaction():
        draft = questionnaires.start_with_ours(programme, drafter, now=make.NOW)
        second = make.person(partnership_of(programme), name="Sam Whitfield")
    with pytest.raises(questionnaires.NotOnesOwn), transaction():
        questionnaires.approve(draft, drafter, now=make.NOW)
    with pytest.raises(IntegrityError) as refused, transaction():
        db.session.execute(
            text(
                "UPDATE questionnaire SET approver_id = drafted_by_id, approved_by = 'x', approved_at = :at"
            ),
            {"at": make.NOW.replace(tzinfo=None)},
        )
    assert broken_guard(refused.value) == "ck_questionnaire_second_person"
    with transaction():
        questionnaires.approve(draft, second, now=make.NOW)
    assert questionnaires.find_approved(programme.id) == draft
    assert (draft.approved_by, draft.approver_id) == ("Sam Whitfield", second.id)
    with pytest.raises(questionnaires.ApprovedAlready), transaction():
        questionnaires.approve(draft, second, now=make.NOW)


def test_where_one_is_alone_somebody_whom_the_operator_names_approves(
    programme: Programme, drafter: Coordinator
) -> None:
    with transaction():
        draft = questionnaires.start_with_ours(programme, drafter, now=make.NOW)
        assert questionnaires.is_alone(draft)
        second = make.person(partnership_of(programme), name="Sam Whitfield")
    with pytest.raises(questionnaires.NotAlone, match="Sam Whitfield can approve it"), transaction():
        questionnaires.approve_by_another(draft, "Dr Ann Lea", who="the operator", now=make.NOW)
    with transaction():
        second.ended_at = make.NOW
        questionnaires.approve_by_another(draft, "Dr Ann Lea", who="the operator", now=make.NOW)
    assert (draft.approved_by, draft.approver_id) == ("Dr Ann Lea", None)


def test_what_was_approved_keeps_its_items(app: Flask) -> None:
    with transaction():
        asked = lay()
        extra = items.add(asked.programme.partnership_id, ItemWords(words="One more."), who="P", now=make.NOW)
        approved = questionnaires.find_approved(asked.programme.id)
    assert approved is not None
    row = QuestionnaireItem(
        questionnaire_id=approved.id, position=7, partnership_id=approved.partnership_id, item_id=extra.id
    )
    for name, deed in (
        ("questionnaire_stays", lambda: db.session.add(row)),
        (
            "questionnaire_item_stays",
            lambda: db.session.execute(text("UPDATE questionnaire_item SET position = 8 WHERE position = 6")),
        ),
    ):
        with pytest.raises(IntegrityError) as refused, transaction():
            deed()
        assert broken_guard(refused.value) == name


def test_the_same_items_go_on_into_another_years_questionnaire(app: Flask) -> None:
    with transaction():
        asked = lay()
        next_year = make.programme(partnership_of(asked.programme), academic_year=2027)
        draft = questionnaires.start_with_ours(next_year, asked.approver, now=make.NOW + timedelta(days=300))
        approved = questionnaires.find_approved(asked.programme.id)
    assert approved is not None
    assert questionnaires.items_of(draft.id) == questionnaires.items_of(approved.id)
    assert db.session.query(QuestionItem).count() == len(OURS)


def test_another_partnerships_items_and_questionnaires_are_not_there(app: Flask) -> None:
    with transaction():
        ours, theirs = lay(), lay("932")
        item = items.items_of_partnership(theirs.programme.partnership_id)[0]
        draft = questionnaires.find_approved(theirs.programme.id)
    assert draft is not None
    of = ours.programme.partnership_id
    with pytest.raises(items.NoSuchItem):
        items.get(item.id, partnership_id=of)
    with pytest.raises(questionnaires.NoSuchQuestionnaire):
        questionnaires.get(draft.id, partnership_id=of)
    with pytest.raises(items.NoSuchItem), transaction():
        questionnaires.draft(ours.programme, [item.id] * 1 + [1, 2, 3, 4], ours.drafter, now=make.NOW)
