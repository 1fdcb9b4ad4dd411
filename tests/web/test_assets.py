"""The stylesheet and the script of every page: all their parts, each once, in their order."""

import gzip
import re

import pytest
from flask.testing import FlaskClient

from outreach.web import assets

STYLES = assets.PARTS / "styles"
SCRIPTS = assets.PARTS / "scripts"


def test_every_part_of_the_stylesheet_is_taken_in_once_and_in_the_layer_of_its_folder() -> None:
    index = (STYLES / "outreach.css").read_text()
    taken = re.findall(r'^@import url\("((\w+)/[\w-]+\.css)"\) layer\((\w+)\);$', index, re.MULTILINE)
    assert sorted(name for name, _, _ in taken) == sorted(
        str(path.relative_to(STYLES)) for path in STYLES.glob("*/*.css")
    )
    assert all(folder == layer for _, folder, layer in taken)
    assert index.count("@import") == len(taken) + 1  # GOV.UK's


def test_the_stylesheet_is_the_order_of_layers_and_then_nothing_but_layers() -> None:
    styles = assets.styles()
    assert styles.startswith("@layer elements, govuk, components, pages;")
    assert "@import" not in styles and styles.count("{") == styles.count("}")
    assert set(re.findall(r"@layer (\w+)\{", styles)) == {"elements", "govuk", "components", "pages"}
    assert ".btn{position:relative;display:inline-block;" in styles


def test_every_script_is_taken_in_once_in_a_block_of_its_own() -> None:
    names = {path.name for path in SCRIPTS.glob("*.js")} - {"outreach.js"}
    index = (SCRIPTS / "outreach.js").read_text()
    assert sorted(re.findall(r'^import "\./([\w-]+\.js)";$', index, re.MULTILINE)) == sorted(names)
    script = assets.scripts()
    assert all(f"{{\n{(SCRIPTS / name).read_text()}}}" in script for name in names)
    assert re.findall(r"^import .*", script, re.MULTILINE) == [
        'import { initAll } from "./vendor/govuk-frontend-6.3.0.min.js";'
    ]


@pytest.mark.parametrize(
    ("name", "mimetype"),
    [
        ("outreach.css", "text/css"),
        ("outreach.js", "text/javascript"),
        ("mark.svg", "image/svg+xml"),
        ("vendor/source-sans-3-latin-wght-normal.woff2", "font/woff2"),
    ],
)
def test_a_browser_that_has_a_file_is_told_so(client: FlaskClient, name: str, mimetype: str) -> None:
    first = client.get(f"/static/{name}")
    assert (first.status_code, first.mimetype) == (200, mimetype)
    again = client.get(f"/static/{name}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_file_is_kept_for_a_year_under_the_address_that_names_what_it_says_and_under_no_other(
    client: FlaskClient,
) -> None:
    page = client.get("/").text
    named = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(named) >= 3
    for address in named:
        assert client.get(address).headers["Cache-Control"] == "public, max-age=31536000, immutable"
        bare = address.partition("?")[0]
        for other in (bare, f"{bare}?v=0123456789abcdef"):
            assert client.get(other).headers["Cache-Control"] == "no-cache"
    vendored = client.get("/static/vendor/govuk-frontend-6.3.0.min.js")
    assert "immutable" in vendored.headers["Cache-Control"]


def test_text_goes_as_gzip_to_who_takes_it_and_says_the_same(client: FlaskClient) -> None:
    for name in ("outreach.css", "outreach.js", "vendor/govuk-frontend-6.3.0.min.js"):
        plain = client.get(f"/static/{name}")
        small = client.get(f"/static/{name}", headers={"Accept-Encoding": "br, gzip"})
        assert (plain.content_encoding, small.content_encoding) == (None, "gzip")
        assert gzip.decompress(small.data) == plain.data
        assert plain.headers["Vary"] == small.headers["Vary"] == "Accept-Encoding"
        assert plain.headers["ETag"] != small.headers["ETag"]
        refused = client.get(f"/static/{name}", headers={"Accept-Encoding": "gzip;q=0"})
        assert refused.data == plain.data
    font = client.get(
        "/static/vendor/source-sans-3-latin-wght-normal.woff2", headers={"Accept-Encoding": "gzip"}
    )
    assert font.content_encoding is None


def test_a_first_visit_is_under_200_kilobytes_as_sent_with_its_typeface(client: FlaskClient) -> None:
    page = client.get("/")
    named = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    # What these name in turn: the typeface of Latin letters, GOV.UK's script.
    named += [
        "/static/vendor/source-sans-3-latin-wght-normal.woff2",
        "/static/vendor/govuk-frontend-6.3.0.min.js",
    ]
    sent = len(page.data) + sum(
        len(client.get(address, headers={"Accept-Encoding": "gzip"}).data) for address in named
    )
    assert 50_000 < sent < 200_000


@pytest.mark.parametrize(
    "name", ["../__init__.py", "vendor/../../gate.py", "/etc/passwd", "vendor", "vendor/", "x.css"]
)
def test_nothing_but_what_is_served_is_found(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/{name}").status_code in (308, 404)
