"""Placeholders: known, misspelt, unfinished; filled once, and never a language."""

import pytest

from outreach.post import placeholders
from outreach.post.placeholders import PlaceholderUnfit, Run

VALUES = {
    "school": "Redmere {name} Academy",
    "name": "Mrs Joanna Fell",
    "first name": "Joanna",
    "programme": "Chelsea’s Choice",
    "reply by": "Friday 12 February",
    "show date": "",
    "booking link": "https://outreach.example/i/abc",
}


def test_each_placeholder_becomes_its_value_and_a_value_is_never_read_again() -> None:
    said = placeholders.filled("For {school}: {First  Name}, {reply_by}. {{", VALUES)
    assert said == "For Redmere {name} Academy: Joanna, Friday 12 February. {{"


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("Dear {shcool}", "There is no {shcool}. Did you mean {school}?"),
        ("Hi {firstname}", "There is no {firstname}. Did you mean {first name}?"),
        (
            "{postcode}",
            "There is no {postcode}. There are {school}, {name}, {first name}, {programme}, {reply by}, "
            "{show date} and {booking link}.",
        ),
        ("{}", "There is no {}. There are"),
        ("{{ 7 * 7 }}", "There is no {7 * 7}. There are"),
        ("{% for x in y %}", "There is no {% for x in y %}. There are"),
        ("{school.__class__}", "There is no {school.__class__}. Did you mean"),
        ("At {school we play", "A brace stands alone at ‘{school we play’."),
        ("At school} we", "A brace stands alone at ‘} we’."),
        (
            "{name}: {{school}}\nnext",
            "A brace stands alone at ‘{{school}}’. Write a placeholder with one on each",
        ),
    ],
)
def test_what_is_no_placeholder_is_refused_in_plain_words(text: str, refusal: str) -> None:
    with pytest.raises(PlaceholderUnfit) as no:
        placeholders.check(text, "words")
    assert refusal in no.value.message and no.value.field == "words"


def test_a_link_cannot_stand_in_a_subject() -> None:
    placeholders.check("At {booking link}", "words")
    with pytest.raises(PlaceholderUnfit, match="cannot stand in the subject") as no:
        placeholders.check("At {Booking Link}", "subject")
    assert no.value.field == "subject"


def test_what_a_school_has_no_value_for_is_named() -> None:
    assert placeholders.missing({"school", "name"}, VALUES) == ""
    assert placeholders.missing({"show date"}, VALUES) == "no show to come for {show date}"
    assert placeholders.missing(placeholders.used("{name} {first name} {show date}"), {}) == (
        "no name on file for {name}; no first name on file for {first name}; no show to come for {show date}"
    )


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Joanna Fell", "Joanna"),
        ("Mrs Joanna Fell", "Joanna"),
        ("Rev. Dr Siân Fell-Jones", "Siân"),
        ("Joanna", "Joanna"),
        ("Mrs Fell", ""),
        ("Dr. J. Fell", ""),
        ("J Fell", ""),
        ("", ""),
        ("Mr", ""),
    ],
)
def test_a_first_name_is_one_that_a_person_would_be_called_by(name: str, first: str) -> None:
    assert placeholders.first_name(name) == first


def test_paragraphs_lines_addresses_and_the_link_stand_as_they_were_typed() -> None:
    words = "See https://example.org/a?b=1.\nOr (http://x.org/y) now.\n\n\n{booking link}, {school}"
    assert placeholders.paragraphs(words, VALUES) == (
        (
            (Run(text="See "), Run(text="https://example.org/a?b=1", leads_to="https://example.org/a?b=1"), Run(text=".")),
            (Run(text="Or ("), Run(text="http://x.org/y", leads_to="http://x.org/y"), Run(text=") now.")),
        ),
        (
            (
                Run(text="https://outreach.example/i/abc", leads_to="https://outreach.example/i/abc"),
                Run(text=", "),
                Run(text="Redmere {name} Academy"),
            ),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "greets"),
    [("Dear {first name},\n\nhello", True), ("  hello all", True), ("Dearly beloved", False), ("We", False)],
)
def test_whether_words_greet_by_themselves(words: str, greets: bool) -> None:
    assert placeholders.greets(words) is greets
