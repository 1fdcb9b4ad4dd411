"""Passwords: long, not among the commonest, not of words that anybody tries first; nothing asked of their signs."""

import unicodedata

import pytest
from flask import Flask

import make
from outreach.county import coordinators, passwords
from outreach.ground import clock
from outreach.ground.db import transaction

pytestmark = pytest.mark.any_database

OWN = (
    "Priya Nandakumar",
    "priya@marlshire.gov.uk",
    "Marlshire Safeguarding Children Partnership",
    "Marlshire",
)


@pytest.mark.parametrize(
    "chosen",
    [
        "lantern gravel otter",
        "lanterngravelotter",
        "            q7zk#v2mw8",
        "83914472991060",
        "Straßenlaterne im Mai",
        "灯台砂利川獺山猫提灯石畳雨傘",
        "priya likes lantern gravel",
        "o" * 5 + "lantern gravel" * 17,
    ],
)
def test_long_password_is_taken_whatever_signs_it_has(chosen: str) -> None:
    assert passwords.fits(passwords.hash_of(chosen, own_words=OWN), chosen)


@pytest.mark.parametrize(
    "chosen",
    [
        "1q2w3e4r5t6y",
        "QwertyUiopAsdfghjkl",
        "Basketball2027!",
        "monkey1234567",
        "!!!Dragon!!!!!!",
        "password1234",
        "Welcome-2-2027!!",
        "sunshinesunshine",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "890123456789",
        "210987654321",
        "ijklmnopqrstu",
        "asdfghjklzxcv",
    ],
)
def test_password_that_is_tried_first_is_refused(chosen: str) -> None:
    with pytest.raises(passwords.PasswordTooCommon) as no:
        passwords.check(chosen, own_words=())
    assert "tried first" in no.value.message and chosen not in no.value.message


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ("Marlshire2027!", "marlshire"),
        ("priya nandakumar", "nandakumar"),
        ("Priya.N@marlshire", "marlshire"),
        ("outreachOUTREACH9", "outreach"),
        ("children partnership", "partnership"),
        ("marlshire sunshine", "marlshire"),
        ("ＭＡＲＬＳＨＩＲＥ ４３２１", "marlshire"),
    ],
)
def test_password_of_ones_own_words_is_refused_and_names_the_word(chosen: str, names: str) -> None:
    with pytest.raises(passwords.PasswordOfOwnWords) as no:
        passwords.check(chosen, own_words=OWN)
    assert no.value.message.startswith(f"Whoever knows you tries ‘{names}’ first")


def test_own_words_of_one_partnership_say_nothing_of_another() -> None:
    with pytest.raises(passwords.PasswordOfOwnWords):
        passwords.check("Marlshire2027!", own_words=OWN)
    passwords.check("Marlshire2027!", own_words=("Owen", "owen@stourside.example", "Stourside Partnership"))


def test_length_is_counted_in_characters_from_twelve_to_256() -> None:
    passwords.check("lantern grav", own_words=())
    with pytest.raises(passwords.PasswordTooShort):
        passwords.check("lantern gra", own_words=())
    long = "".join(chr(0x4E00 + n) for n in range(256))
    passwords.check(long, own_words=())
    with pytest.raises(passwords.PasswordTooLong):
        passwords.check(long + "x", own_words=())


def test_list_holds_the_ten_thousand_commonest() -> None:
    common = passwords.commonest()
    assert len(common) >= 10_000 and {"123456", "password", "qwerty", "iloveyou"} <= common
    assert all(one == one.lower() for one in common)


def test_password_is_the_same_from_whatever_keyboard_and_one_kept_before_still_fits() -> None:
    composed = unicodedata.normalize("NFC", "café lanterne étoile")
    apart = unicodedata.normalize("NFD", composed)
    assert composed != apart
    assert passwords.fits(passwords.hash_of(apart, own_words=()), composed)
    assert passwords.fits(passwords.hash_of(composed, own_words=()), apart)
    before = passwords.generate_password_hash(apart, method="scrypt")
    assert passwords.fits(before, apart) and not passwords.fits(before, "cafe lanterne etoile")


def test_page_and_command_line_refuse_the_same_passwords(app: Flask) -> None:
    with transaction():
        partnership = make.partnership(county="Marlshire")
        person, name = make.person(partnership, name="Owen Pike"), partnership.name
    for chosen, said in (("password1234", "tried first"), ("Marlshire2027!", "‘marlshire’")):
        with transaction():
            token = coordinators.sign_in_link(person, now=clock.now())
        client = app.test_client()
        client.post(f"/sign-in/{token}")
        page = client.post("/desk/password", data={"password": chosen, "again": chosen})
        assert page.status_code == 422 and said in page.text
        done = app.test_cli_runner().invoke(
            args=["people", "add", "--partnership", name, "--name", "New", "--email", "new@other.example"]
            + ["--password-stdin"],
            input=f"{chosen}\n",
        )
        assert done.exit_code == 1 and said in done.output and chosen not in done.output
        assert coordinators.find("new@other.example") is None
