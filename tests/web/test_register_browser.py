"""The register in a real browser: accessible, nothing sideways with long names, applied by keyboard, without
scripts."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select
from test_desk_register import LINKS, line, written

import make
from browser import Site
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from read_in import read_files

pytestmark = [pytest.mark.browser, pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

LONG = "The Blessed Margaret Catholic Voluntary Academy and Sixth Form College for Kestermere and the Northern Villages"


def choose(page: Page, site: Site, folder: Path, content: bytes, links: bytes = b"") -> None:
    """Upload a register as a person does."""
    (folder / "edubasealldata20270119.csv").write_bytes(content)
    (folder / "links_edubasealldata20270119.csv").write_bytes(links)
    page.goto(f"{site.url}/desk/register")
    page.get_by_label("The register’s file").set_input_files(folder / "edubasealldata20270119.csv")
    if links:
        page.get_by_label("Links file").set_input_files(folder / "links_edubasealldata20270119.csv")
    page.get_by_role("button", name="See what it would change").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Reading edubasealldata20270119.csv")
    site.check(page, page.url.removeprefix(site.url))
    read_files()
    site.fresh()


def test_a_register_comes_in_and_comes_again(site: Site, wide_page: Page, tmp_path: Path) -> None:
    with transaction():
        partnership = make.partnership()
        person = make.person(partnership)
        booked = make.school(organisation_id=900001, name=LONG)
        make.booking(
            make.show(make.programme(partnership), booked, datetime(2027, 3, 9, 9, 30, tzinfo=UTC)), {8: 148}
        )
    site.sign_in(wide_page, person)
    site.check(wide_page, "/desk/register")
    choose(
        wide_page,
        site,
        tmp_path,
        written(
            line(900001, LONG, "Closed", closed="31-12-2026"),
            line(900002, LONG.replace("Margaret", "Zoë"), pupils=""),
            line(900003, "Ash School"),
            line(900004, "Elm", pupils="many"),
        ),
        f'{LINKS}900001,900002,"{LONG}",Successor,\n'.encode(),
    )
    expect(wide_page.get_by_role("heading", level=1)).to_have_text("What this file would change")
    site.check(wide_page, wide_page.url.removeprefix(site.url))
    wide_page.get_by_role("button", name="Apply the register").press("Enter")
    expect(wide_page.get_by_role("status")).to_contain_text(
        "The register is applied: 2 new, 1 closed, 1 line unreadable and 1 new link"
    )
    site.fresh()
    assert db.session.scalar(select(func.count()).select_from(School)) == 3
    choose(wide_page, site, tmp_path, (tmp_path / "edubasealldata20270119.csv").read_bytes())
    expect(wide_page.get_by_role("heading", level=1)).to_have_text("This file changes nothing")
    site.check(wide_page, wide_page.url.removeprefix(site.url))


def test_a_wrong_file_is_told_first_on_the_page(site: Site, page: Page, tmp_path: Path) -> None:
    with transaction():
        person = make.person(make.partnership())
    site.sign_in(page, person)
    choose(page, site, tmp_path, written(line()).replace(b"URN", b"Number"))
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("This file has no column 'URN'. Nothing was changed.")
    expect(page).to_have_title(re.compile("^Error: Not taken in"))
    site.check(page, page.url.removeprefix(site.url))
    page.get_by_role("link", name="Send in another file").click()
    expect(page.get_by_label("The register’s file")).to_be_visible()


def test_what_probably_became_another_is_ticked_and_a_doubt_said(
    site: Site, wide_page: Page, tmp_path: Path
) -> None:
    with transaction():
        partnership = make.partnership()
        person = make.person(partnership)
        for n in range(24):
            make.school(
                organisation_id=900001 + n,
                name=f"{LONG} {n}",
                postcode=f"ZZ1 {n}AA",
                urban_rural="Rural village",
            )
        make.programme(partnership)
    site.sign_in(wide_page, person)
    new = [line(900101 + n, f"{LONG} {n}").replace("ZZ1 1AA", f"ZZ1 {n}AA") for n in range(3)]
    choose(wide_page, site, tmp_path, written(*new))
    expect(wide_page.get_by_text("Look twice before you apply this.")).to_be_visible()
    site.check(wide_page, wide_page.url.removeprefix(site.url))
    wide_page.get_by_label("All 3 of them").check()
    wide_page.get_by_role("button", name="Apply the register").press("Enter")
    expect(wide_page.get_by_role("alert")).to_contain_text("Say that it is meant")
    expect(wide_page.get_by_label("All 3 of them")).to_be_checked()
    wide_page.get_by_label("I have read this").check()
    wide_page.get_by_role("button", name="Apply the register").press("Enter")
    expect(wide_page.get_by_role("status")).to_contain_text("3 schools followed by a new one, as you ticked.")
    for by in ("town", "urban_rural"):
        site.check(wide_page, f"/desk/coverage?by={by}")
