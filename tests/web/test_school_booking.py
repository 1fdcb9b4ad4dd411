"""The form in steps, the check, the booking: what is kept, what is asked, what is refused."""

from datetime import date, time

import pytest
from flask.testing import FlaskClient
from school_story import HALL, PEOPLE, PUPILS, Story, lay, said
from sqlalchemy import func, select

import make
from outreach.asking import invitations
from outreach.booking import promises
from outreach.booking.promises import Booking, VisitContact
from outreach.county import partnerships, school_days, school_lunch, schools
from outreach.ground.db import db, transaction
from outreach.ground.school_year import STAFF
from outreach.ground.timespans import wall
from outreach.post import copies
from outreach.post.outbox import Letter
from outreach.tour.adults import GOVERNORS, SOME, TEACHERS, AdultTarget

pytestmark = pytest.mark.any_database


def fresh() -> None:
    db.session.rollback()
    db.session.expire_all()


def bookings_of(story: Story) -> list[Booking]:
    fresh()
    return promises.live(story.programme.id, story.school.organisation_id)


def test_booking_from_choice_to_confirmation(client: FlaskClient, stopped) -> None:
    story = lay(client)
    key = story.choose(next(k for k in story.keys() if k.endswith("-0930")))
    story.fill()
    check = said(story.get("/form", follow_redirects=True))
    for sentence in (
        "Kept until 9:15am Keep longer Check your answers",
        f"‘{story.programme.title}’, {story.school.name} When",
        "When Tuesday 9 March 9:30am to 10:45am Change when",
        "Company arrives at 8:30am, leaves by 11:15am",
        "Pupils 108 in Year 8, 104 in Year 9 Change pupils",
        "Access needs 2 wheelchair places Change access needs",
        "Hall Main hall step-free Change hall",
        "Safeguarding lead Joanna Fell j.fell@redmere.example 01632 960 204 Change",
        "Joanna Fell gets a calendar invite. Move or cancel until Tuesday 23 February.",
        "Book this performance Give it back",
    ):
        assert sentence in check
    answer = story.post("/book", slots=key)
    (booking,) = bookings_of(story)
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        story.path(f"/booked/{booking.reference}"),
    )
    assert promises.pupils_of(booking) == {8: 108, 9: 104}
    assert (booking.hall, booking.step_free, booking.access_needs) == ("Main hall", True, {"wheelchair": 2})
    assert [(p.name, p.duty, p.phone) for p in promises.people_of(booking)] == [
        ("Joanna Fell", "safeguarding lead", "01632 960 204")
    ]
    page = said(client.get(answer.headers["Location"]))
    assert (
        f"You are booked Reference {booking.reference}, booked by Joanna Fell "
        f"Performance ‘{story.programme.title}’ {story.school.name} "
        "When Tuesday 9 March 9:30am to 10:45am, set-up from 8:30am" in page
    )
    assert "212 pupils 108 in Year 8 and 104 in Year 9" in page
    assert "ring Priya Nandakumar on 01632 960 118" in page
    assert "If a pupil speaks up Use your own safeguarding procedure." in page


@pytest.mark.both_databases
def test_booking_sent_twice_books_once(client: FlaskClient, stopped) -> None:
    story = lay(client)
    key = story.choose()
    story.fill()
    first, second = story.post("/book", slots=key), story.post("/book", slots=key)
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    assert len(bookings_of(story)) == 1
    assert db.session.scalar(select(func.count()).select_from(Letter).where(Letter.method == "REQUEST")) == 1


AT_NOON = {"dines": "yes", "begins": "12:00", "ends": "12:45"}


@pytest.mark.both_databases
def test_lunch_in_the_hall_is_asked_kept_for_good_and_the_show_held_to_it(
    client: FlaskClient, stopped
) -> None:
    story = lay(client)
    with transaction():
        partnership = partnerships.get(story.programme.partnership_id)
        partnership.lunch_begins, partnership.lunch_ends = time(12, 15), time(13, 15)
    key = story.choose(next(k for k in story.keys() if k.endswith("-0930")))
    story.send("/pupils", PUPILS)
    asked = story.get("/hall").text
    assert "Is the hall used for lunch?" in asked and 'value="12:15"' in asked and 'value="13:15"' in asked
    assert story.send("/hall", HALL | AT_NOON).status_code == 303
    story.send("/people", PEOPLE)
    assert "Lunch midday to 12:45pm in the hall" in said(story.get("/check"))
    assert story.post("/book", slots=key).status_code == 303
    (booking,) = bookings_of(story)
    show = booking.performance
    kept = show.lunch_from_at, show.lunch_until_at, show.lunch_keeps_out
    assert kept == (wall(date(2027, 3, 9), time(11, 45)), wall(date(2027, 3, 9), time(13)), "all")
    assert school_days.load_one(story.school).lunch.said == "midday to 12:45pm in the hall"


@pytest.mark.both_databases
def test_a_time_across_the_lunch_that_a_school_says_is_refused_in_its_step_and_not_offered_again(
    client: FlaskClient, stopped
) -> None:
    """Set-up from 10:30, show from 11:30 to 12:45, while the usual lunch was never asked for."""
    story = lay(client)
    key = story.choose(next(k for k in story.keys() if k.endswith("-1130")))
    story.send("/pupils", PUPILS)
    no = story.send("/hall", HALL | AT_NOON)
    assert no.status_code == 422 and 'value="Main hall"' in no.text and 'value="12:45"' in no.text
    assert "takes the hall from 10:30am to 1:15pm, which lies across that lunch." in said(no)
    assert key not in story.keys() and key.replace("-1130", "-0930") in story.keys()
    assert story.post("/book", slots=key).status_code == 303
    assert bookings_of(story) == []


@pytest.mark.both_databases
def test_a_lunch_that_the_desk_says_after_the_hall_was_asked_for_is_told_at_the_promise(
    client: FlaskClient, stopped
) -> None:
    story = lay(client)
    key = story.choose(next(k for k in story.keys() if k.endswith("-1130")))
    story.fill()
    with transaction():
        school_lunch.say(
            story.school,
            time(12),
            time(12, 45),
            is_dining_hall=True,
            set_may_stay=False,
            who="P",
            now=make.NOW,
        )
    no = story.post("/book", slots=key)
    assert no.status_code == 422 and bookings_of(story) == []
    assert (
        "the hall is needed for lunch from 11:45am to 1:00pm, and the time kept for you lies across it."
        in said(no)
    )
    assert story.post("/book", slots=story.choose(key.replace("-1130", "-0930"))).status_code == 303
    (booking,) = bookings_of(story)
    assert (booking.hall, booking.performance.lunch_keeps_out) == ("Main hall", "all")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"dines": "yes", "begins": "", "ends": "12:45"}, "Enter when lunch begins."),
        ({"dines": "no", "begins": "12:00", "ends": ""}, "Enter when lunch ends."),
        ({"dines": "yes", "begins": "12:00", "ends": "11:00"}, "Lunch must end after it begins"),
        ({"dines": "yes", "begins": "noonish", "ends": "13:00"}, "That is not a time."),
    ],
)
def test_a_lunch_that_cannot_be_read_is_said_in_words_and_kept_as_typed(
    client: FlaskClient, stopped, typed: dict[str, str], sentence: str
) -> None:
    story = lay(client)
    story.choose()
    story.send("/pupils", PUPILS)
    answer = story.send("/hall", HALL | typed)
    assert answer.status_code == 422 and sentence in said(answer)
    assert 'value="Main hall"' in answer.text
    assert school_days.load_one(story.school).lunch is None


def test_link_opened_again_shows_the_booking(client: FlaskClient, stopped) -> None:
    story = lay(client)
    reference = story.book()
    assert story.get().headers["Location"] == story.path(f"/booked/{reference}")
    assert story.get("/times").headers["Location"] == story.path()


def test_stale_slot_page_after_a_colleague_booked_shows_the_booking(client: FlaskClient, stopped) -> None:
    story = lay(client)
    stale = story.keys()[5]
    reference = story.book()
    answer = client.post(story.path("/choose"), data={"slot": stale}, follow_redirects=True)
    assert f"Reference {reference}" in said(answer)
    assert "Your school is booked already." in said(answer)
    assert len(bookings_of(story)) == 1


def test_steps_without_a_kept_time_lead_to_the_times(client: FlaskClient, stopped) -> None:
    story = lay(client)
    for step in ("/pupils", "/hall", "/people", "/check"):
        answer = story.get(step)
        assert (answer.status_code, answer.headers["Location"]) == (303, story.path("/times"))
        page = said(story.get("/times"))
        assert "No time is kept for you yet: choose one first." in page and "taken" not in page


@pytest.mark.both_databases
def test_what_is_typed_is_kept_when_the_time_is_taken_meanwhile(client: FlaskClient, stopped) -> None:
    story = lay(client)
    key = story.choose()
    story.send("/pupils", PUPILS)
    stopped.after(minutes=16)
    story.another_school().choose(key)
    answer = client.post(story.path("/hall"), data=HALL, follow_redirects=True)
    assert (
        "That time was taken while you were typing. These are the nearest that are left. Nothing you typed is lost."
        in said(answer)
    )
    assert key not in answer.text
    story.choose()
    assert 'value="108"' in story.get("/pupils").text
    assert 'value="Main hall"' in story.get("/hall").text
    assert story.get("/form").headers["Location"] == story.path("/people")


def test_time_run_out_but_not_taken_can_still_be_booked(client: FlaskClient, stopped) -> None:
    story = lay(client)
    key = story.choose()
    story.fill()
    stopped.after(minutes=40)
    assert "No longer kept, but nobody else has taken it Keep it again" in said(story.get("/check"))
    assert story.post("/book", slots=key).status_code == 303
    assert len(bookings_of(story)) == 1


def test_booking_a_time_taken_meanwhile_shows_the_nearest_and_books_nothing(
    client: FlaskClient, stopped
) -> None:
    story = lay(client)
    key = story.choose()
    story.fill()
    stopped.after(minutes=16)
    story.another_school().book(key)
    answer = client.post(story.path("/book"), data={"slots": key}, follow_redirects=True)
    assert "Nothing you typed is lost" in said(answer)
    assert bookings_of(story) == []
    again = story.choose()
    assert story.get("/form").headers["Location"] == story.path("/check")
    assert story.post("/book", slots=again).status_code == 303


@pytest.mark.both_databases
def test_booking_another_time_than_the_page_showed_is_refused(client: FlaskClient, stopped) -> None:
    story = lay(client)
    stale = story.choose()
    story.fill()
    story.choose(story.keys()[5])
    answer = story.post("/book", slots=stale)
    assert answer.status_code == 422
    assert "Another time was chosen meanwhile, in another window or by a colleague." in said(answer)
    assert bookings_of(story) == []


def test_booking_before_the_steps_are_done_is_refused(client: FlaskClient, stopped) -> None:
    story = lay(client)
    key = story.choose()
    answer = story.post("/book", slots=key)
    assert answer.status_code in (303, 422)
    assert bookings_of(story) == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "Enter how many Year 8 pupils will come, in figures. If none do, enter 0."),
        ({"pupils-0-8": "many", "pupils-0-9": "1"}, "Year 8: enter a whole number in figures."),
        ({"pupils-0-8": "-3", "pupils-0-9": "1"}, "Year 8 must be between 0 and 5,000."),
        ({"pupils-0-8": "1.5", "pupils-0-9": "1"}, "Year 8: enter a whole number in figures."),
        ({"pupils-0-8": "9" * 5000, "pupils-0-9": "1"}, "Year 8: enter a whole number in figures."),
        (
            {"pupils-0-8": "0", "pupils-0-9": "0"},
            "Enter how many pupils will come. One year group may be 0, not all of them.",
        ),
        (
            {"pupils-0-8": "1080", "pupils-0-9": "104"},
            "Your school has 106 pupils in Year 8 by our count; you entered 1,080. Is that right?",
        ),
    ],
)
def test_pupils_refused_keep_what_was_typed(
    client: FlaskClient, stopped, typed: dict[str, str], sentence: str
) -> None:
    story = lay(client)
    story.choose()
    answer = story.send("/pupils", typed)
    assert answer.status_code == 422
    words = said(answer)
    assert words.index("There is a problem") < words.index(sentence) < words.index("How many pupils")
    for value in typed.values():
        assert f'value="{value[:4000]}"' in answer.text
        assert f'value="{value[:4000]}"' in story.get("/pupils").text


def test_number_above_our_count_is_believed_once_it_is_confirmed(client: FlaskClient, stopped) -> None:
    story = lay(client)
    story.choose()
    typed = {"pupils-0-8": "140", "pupils-0-9": "104"}
    asked = story.send("/pupils", typed)
    assert asked.status_code == 422 and 'name="sure"' in asked.text and 'value="8=140"' in asked.text
    assert story.send("/pupils", typed | {"sure": "8=139"}).status_code == 422
    story.fill(typed | {"sure": "8=140"})
    key = f"{story.keys()[0]}"
    assert story.post("/book", slots=key).status_code == 303
    assert schools.own_numbers(story.school.organisation_id, 2026) == {8: 140}


def test_more_than_one_show_seats_says_what_fits(client: FlaskClient, stopped) -> None:
    story = lay(client, school={"number_of_pupils": 1050})
    story.choose(next(k for k in story.keys() if "+" not in k))
    answer = story.send("/pupils", {"pupils-0-8": "150", "pupils-0-9": "150"})
    assert answer.status_code == 422
    assert (
        "One show holds at most 250 pupils and you entered 300. Bring 250 to this one and choose "
        "another time for the other 50." in said(answer)
    )


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "Say which room it is in."),
        (HALL | {"step_free": "perhaps"}, "There is a problem"),
        (HALL | {"hall": "x" * 121}, "Hall or room must be 120 characters or fewer."),
        (HALL | {"arrival_note": "x" * 501}, "must be 500 characters or fewer."),
        (HALL | {"parking": "x" * 121}, "must be 120 characters or fewer."),
        (HALL | {"access-0-wheelchair": "two"}, "Wheelchair places: enter a whole number in figures."),
        (HALL | {"access-0-wheelchair": "501"}, "Wheelchair places must be between 0 and 500."),
    ],
)
def test_hall_refused_says_why(client: FlaskClient, stopped, typed: dict[str, str], sentence: str) -> None:
    story = lay(client)
    story.choose()
    answer = story.send("/hall", typed)
    assert answer.status_code == 422
    assert sentence in said(answer)
    assert "no names, no diagnoses" in said(answer)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "Enter the safeguarding lead’s name."),
        (
            PEOPLE | {"lead_address": "j.fell"},
            "Safeguarding lead’s email address: that is not an address. Enter it like name@school.example.",
        ),
        (PEOPLE | {"lead_address": "a@b.example\r\nBcc: c@d.example"}, "that is not an address"),
        (PEOPLE | {"lead_phone": ""}, "Enter a number on which the company can ring on the day."),
        (PEOPLE | {"day_name": "Sam"}, "Enter the email address of whoever meets the company."),
        (
            PEOPLE | {"day_address": "sam@redmere.example"},
            "Enter the name of whoever meets the company, or leave all four boxes empty.",
        ),
        (
            PEOPLE | {"day_name": "Ann", "day_address": "J.Fell@redmere.example", "day_phone": "1"},
            "That address stands above already. Name each person once.",
        ),
        (PEOPLE | {"lead_name": "x" * 121}, "must be 120 characters or fewer."),
    ],
)
def test_people_refused_says_why(client: FlaskClient, stopped, typed: dict[str, str], sentence: str) -> None:
    story = lay(client)
    story.choose()
    answer = story.send("/people", typed)
    assert answer.status_code == 422
    assert sentence in said(answer)


@pytest.mark.both_databases
def test_three_people_are_named_each_for_what_they_do(client: FlaskClient, stopped) -> None:
    story = lay(client)
    key = story.choose()
    story.send("/pupils", PUPILS)
    story.send("/hall", HALL)
    typed = PEOPLE | {
        "day_name": "Samuel Okonkwo-Whitfield",
        "day_role": "Head of Year 9",
        "day_address": "s.ow@redmere.example",
        "day_phone": "01632 960 205",
        "also": "School office <office@redmere.example>",
    }
    assert story.send("/people", typed).status_code == 303
    assert "Joanna Fell, Samuel Okonkwo-Whitfield and School office get a calendar invite." in said(
        story.get("/check")
    )
    story.post("/book", slots=key)
    fresh()
    rows = db.session.execute(select(VisitContact.duty, VisitContact.role).order_by(VisitContact.id)).all()
    assert rows == [("safeguarding lead", ""), ("on the day", "Head of Year 9"), ("colleague", "")]


def test_big_school_books_two_shows_of_one_day_in_one_go(client: FlaskClient, stopped) -> None:
    story = lay(client, school={"number_of_pupils": 1050})
    pair = story.choose()
    assert "+" in pair
    page = story.get("/pupils")
    assert "By our count: please check." in said(page) and "Confirm these numbers" in said(page)
    assert page.text.count('value="150"') == 2 and page.text.count('value="0"') == 2
    typed = {"pupils-0-8": "150", "pupils-0-9": "0", "pupils-1-8": "0", "pupils-1-9": "149"}
    story.send("/pupils", typed)
    story.send("/hall", HALL | {"access-1-hearing_loop": "1"})
    story.send("/people", PEOPLE)
    check = said(story.get("/check"))
    assert (
        "First performance" in check and "Second performance" in check and "Book both performances" in check
    )
    answer = story.post("/book", slots=pair)
    first, second = bookings_of(story)
    assert first.performance.tour_day_id == second.performance.tour_day_id
    assert [promises.pupils_of(b) for b in (first, second)] == [{8: 150}, {9: 149}]
    assert [b.access_needs for b in (first, second)] == [{"wheelchair": 2}, {"hearing_loop": 1}]
    page = said(client.get(answer.headers["Location"]))
    assert (
        f"Your other performance {second.performance.starts_at:%A} 9 March" in page
        and second.reference in page
    )
    assert story.post("/book", slots=pair).status_code == 303
    assert len(bookings_of(story)) == 2


@pytest.mark.both_databases
def test_two_shows_with_none_in_one_of_them_are_refused(client: FlaskClient, stopped) -> None:
    story = lay(client, school={"number_of_pupils": 1050})
    story.choose()
    typed = {"pupils-0-8": "150", "pupils-0-9": "100", "pupils-1-8": "0", "pupils-1-9": "0"}
    answer = story.send("/pupils", typed)
    assert answer.status_code == 422 and "not all of them" in said(answer)


def test_second_show_is_possible_while_a_year_group_is_open(client: FlaskClient, stopped) -> None:
    story = lay(client)
    reference = story.book(pupils={"pupils-0-8": "106", "pupils-0-9": "0"})
    page = said(story.get(f"/booked/{reference}"))
    assert "Year 9 can still see it" in page and "Choose a time for another show" in page
    key = story.choose(story.keys()[-1])
    pupils = story.get("/pupils").text
    assert "pupils-0-9" in pupils and "pupils-0-8" not in pupils
    assert (
        'value="Main hall"' in story.get("/hall").text and 'value="Joanna Fell"' in story.get("/people").text
    )
    story.fill({"pupils-0-9": "106"})
    assert story.post("/book", slots=key).status_code == 303
    assert [promises.pupils_of(b) for b in bookings_of(story)] == [{8: 106}, {9: 106}]
    assert "can still see it" not in said(story.get(f"/booked/{reference}"))


def test_school_of_unknown_ages_may_bring_any_target_year_group(client: FlaskClient, stopped) -> None:
    story = lay(client, school={"statutory_low_age": None, "statutory_high_age": None})
    reference = story.book(pupils={"pupils-0-8": "12", "pupils-0-9": "9"})
    assert "21 pupils" in said(story.get(f"/booked/{reference}"))


@pytest.mark.both_databases
def test_programme_for_adults_asks_for_staff(client: FlaskClient, stopped) -> None:
    story = lay(client, for_adults=True)
    with transaction() as session:
        session.execute(db.text("DELETE FROM programme_target"))
    key = story.choose()
    assert story.get("/form").headers["Location"] == story.path("/pupils")
    assert story.send("/pupils", {"pupils-0-100": "40"}).headers["Location"] == story.path("/form")
    story.send("/hall", HALL)
    story.send("/people", PEOPLE)
    answer = story.post("/book", slots=key)
    assert answer.status_code == 303, said(answer)
    page = said(client.get(answer.headers["Location"]))
    assert "40 staff" in page and "pupil" not in page.lower()
    (booking,) = bookings_of(story)
    assert (booking.seats, promises.pupils_of(booking)) == (40, {STAFF: 40})
    letter = db.session.scalars(select(Letter).where(Letter.kind == "booked")).first()
    assert letter is not None
    text = copies.read(letter.raw).text
    assert "Who: 40 staff" in text and "After the session we ask you how many staff came." in text


def test_a_training_names_which_staff_it_is_for_and_is_nothing_to_book_for_a_school_that_is_not_meant(
    client: FlaskClient, stopped
) -> None:
    secondary = AdultTarget(schools=SOME, phases=("Secondary",), roles=(TEACHERS, GOVERNORS))
    meant = lay(
        client,
        school={"phase_of_education": "Secondary"},
        year_groups=(),
        adults=secondary,
        for_adults=True,
    )
    assert "for your teaching staff and governors" in said(meant.get("/times"))
    asked = invitations.asking(meant.programme, meant.school, now=make.NOW)
    assert asked.staff == "teaching staff and governors"
    with transaction():
        make.target(meant.programme, make.NOW, (), AdultTarget(schools=SOME, phases=("Primary",)))
    page = meant.get("/times", follow_redirects=True)
    assert "There is nothing to book for your school" in said(page)


def test_booking_of_another_school_is_hidden_from_every_door(client: FlaskClient, stopped) -> None:
    story = lay(client)
    reference = story.book()
    other = story.another_school()
    (booking,) = bookings_of(story)
    contact = promises.people_of(booking)[0].id
    for rest in (
        "",
        "/move",
        "/move/to?slot=1-0900",
        "/numbers",
        "/cancel",
        "/colleague",
        f"/remove/{contact}",
        "/calendar.ics",
    ):
        assert other.get(f"/booked/{reference}{rest}").status_code == 404, rest
    for rest, typed in (
        ("/move/to", {"slot": other.keys()[0]}),
        ("/numbers", PUPILS | HALL),
        ("/cancel", {"reason": "x"}),
        ("/colleague", {"name": "x", "address": "x@y.example", "duty": "colleague"}),
        (f"/remove/{contact}", {}),
    ):
        assert other.send(f"/booked/{reference}{rest}", typed).status_code == 404, rest
    assert len(bookings_of(story)) == 1
    assert story.get("/booked/MRL-NONE").status_code == 404


def test_booking_of_another_programme_of_the_same_school_is_hidden_too(client: FlaskClient, stopped) -> None:
    from school_story import link_to

    import make

    story = lay(client)
    reference = story.book()
    with transaction():
        token = link_to(make.programme(story.partnership, title="Another"), story.school)
    assert client.get(f"/i/{token}/booked/{reference}").status_code == 404


@pytest.mark.both_databases
def test_drafts_of_two_schools_do_not_mix(client: FlaskClient, stopped) -> None:
    story = lay(client)
    other = story.another_school()
    story.choose(story.keys()[0])
    story.send("/people", PEOPLE | {"lead_name": "Somebody Private"})
    other.choose(other.keys()[-1])
    assert "Somebody Private" not in other.get("/people").text


@pytest.mark.parametrize(
    "typed", ["\x00", "Main\x00 hall", "\ud83d\ude00", "‮hall", "<script>alert(1)</script>", "a" * 100_000]
)
def test_strange_text_is_kept_clean_or_refused_and_never_breaks_a_page(
    client: FlaskClient, stopped, typed: str
) -> None:
    story = lay(client)
    story.choose()
    typed = typed.encode("utf-8", "replace").decode()
    assert story.send("/hall", HALL | {"hall": typed}).status_code in (303, 422)
    page = story.get("/hall")
    assert page.status_code == 200 and "<script>alert" not in page.text
    assert story.get("/form").status_code == 302


@pytest.mark.both_databases
@pytest.mark.parametrize("reference", ["%00", "MRL-%00", "x" * 3000, "MRL-7K4P%0d%0a", "ＭＲＬ"])
def test_strange_reference_opens_nothing(client: FlaskClient, stopped, reference: str) -> None:
    assert lay(client).get(f"/booked/{reference}").status_code in (400, 404)


def test_reference_is_read_in_either_case(client: FlaskClient, stopped) -> None:
    story = lay(client)
    reference = story.book()
    assert story.get(f"/booked/{reference.lower()}").status_code == 200
