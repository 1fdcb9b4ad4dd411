"""Words of a partnership's own: what is refused and what to write instead, and what a school reads."""

import re
from dataclasses import replace

import pytest
from flask import Flask

from outreach.post import letters, worded
from outreach.post.letter_kinds import KINDS
from outreach.post.placeholders import PlaceholderUnfit
from outreach.post.stationery import Addressee, OfferedTime, Sender
from outreach.post.worded import Worded, WordsUnfit
from post import facts
from post.facts import JOANNA, NOW, asking

OWN = Worded(
    subject="A time for {play} at {school}",
    words="Dear {name},\n\nWe have kept no time for your {for whom} yet.\n\n{three times}\n\n{cost} It takes {length}.",
)


def sender(**words: Worded) -> Sender:
    """Whose letters say these words, by kind."""
    return replace(facts.sender(), worded={kind.replace("_", " "): of for kind, of in words.items()})


@pytest.mark.parametrize(
    ("kind", "changes", "field", "why"),
    [
        ("invitation", {"words": "Come!"}, "words", r"Nobody could book: put \{three times\}"),
        ("invitation", {"words": "See {three times}"}, "words", "on a line of its own"),
        ("invitation", {"words": "{three times}\n\n{three times}"}, "words", "stands once"),
        ("invitation", {"words": "{three times}\n\n{pupil}"}, "words", r"There is no \{pupil\}"),
        ("invitation", {"words": "{three times}\n\n{skool}"}, "words", r"Did you mean \{school\}\?"),
        ("invitation", {"words": "{three times}\n\n{first asked}"}, "words", r"There is no \{first asked\}"),
        ("invitation", {"words": "{three times}\n\n{school"}, "words", "A brace stands alone"),
        (
            "invitation",
            {"words": "{three times}\n\n{{ to.address }}"},
            "words",
            "There is no|A brace stands alone",
        ),
        ("invitation", {"subject": "{three times}"}, "subject", "cannot stand in the subject"),
        ("reminder", {"subject": "{summary}"}, "subject", r"There is no \{summary\}"),
    ],
)
def test_what_cannot_be_sent_is_refused_where_it_stands(
    kind: str, changes: dict[str, str], field: str, why: str
) -> None:
    with pytest.raises((PlaceholderUnfit, WordsUnfit), match=why) as no:
        worded.check(kind, replace(OWN, **changes))
    assert no.value.field == field


@pytest.mark.parametrize("kind", KINDS)
def test_the_words_one_begins_with_may_be_used_as_they_stand(kind: str) -> None:
    worded.check(kind, worded.original(kind))


def test_a_school_reads_the_words_with_its_own_facts_and_what_is_always_added(app: Flask) -> None:
    own = asking()
    read = letters.preview_invitation(own, JOANNA, sender(invitation=OWN), now=NOW)
    assert read.subject == f"A time for ‘{own.programme_title}’ at {own.organisation_name}"
    assert read.text.count("Dear Joanna Fell,") == 1  # the words greet: no second greeting
    assert "It costs you nothing. It takes" in read.text
    assert "{" not in read.text
    for said in (read.text, re.sub(r"<[^>]+>", "", read.html)):
        at = [
            said.index(part)
            for part in (
                "kept no time",
                own.times[0].hours(),
                "Choose a time",
                "It takes",
                "Tell us on the same page",
                "Priya Nandakumar",
                "Your address came from",
            )
        ]
        assert at == sorted(at)


def test_a_value_is_never_read_again_and_never_markup(app: Flask) -> None:
    own = replace(
        asking(),
        programme_title="{school} <b>{{ 7*7 }}</b>",
        organisation_name="<script>alert(1)</script>",
    )
    read = letters.preview_invitation(
        own, replace(JOANNA, name="{cost}\r\nBcc: x@evil.example"), sender(invitation=OWN), now=NOW
    )
    assert "<script>" not in read.html
    assert "‘{school} <b>{{ 7*7 }}</b>’" in read.text
    assert "\n" not in read.subject
    assert "Dear {cost} Bcc: x@evil.example," in read.text
    assert "49" not in read.subject


def test_every_branch_says_something_whatever_is_not_known(app: Flask) -> None:
    words = Worded(
        subject="{play}",
        words=f"{{three times}}\n\n{' | '.join('{' + n + '}' for n in KINDS['reminder'].values if n != 'three times')}",
    )
    worded.check("reminder", words)
    bare = Addressee(address="office@redmere.example")
    for changes in (
        {},
        {"times": ()},
        {"times": (), "no_times": "no day"},
        {"times": (), "no_times": "taken"},
        {"summary": "", "discussion_minutes": 0, "cost": "£2 a pupil", "company_names": "", "pupils": None},
        {"year_groups": (), "staff": "front-line staff", "for_adults": True},
    ):
        own = asking(**changes)
        read = letters.preview_reminder(
            own, bare, sender(reminder=words), nth=1, asked_on=NOW.date(), now=NOW
        )
        assert "| |" not in read.text.replace(" |  | ", " | | ") or not own.summary
        assert "None" not in read.text
        assert "Dear colleague," in read.text
        assert (own.without_times in read.text) is True
        if not own.times and not own.no_times:
            assert "Your page shows every time" in read.text
    last = letters.preview_reminder(
        asking(),
        bare,
        sender(second_reminder=OWN),
        nth=2,
        asked_on=NOW.date(),
        now=NOW,
    )
    assert "we send you no more reminders about this" in last.text


def test_another_kind_says_what_it_said(app: Flask) -> None:
    own = sender(reminder=OWN)
    assert letters.preview_invitation(asking(), JOANNA, own, now=NOW) == letters.preview_invitation(
        asking(), JOANNA, sender(), now=NOW
    )


def test_two_times_of_one_day_stand_together(app: Flask) -> None:
    two = asking().times[0]
    later = replace(two, starts=(*two.starts, two.starts[-1].replace(hour=13)))
    assert isinstance(later, OfferedTime)
    read = letters.preview_invitation(asking(times=(later,)), JOANNA, sender(invitation=OWN), now=NOW)
    assert later.hours() in read.text
