"""The stylesheet and the script of every page: all their parts, each once, in their order."""

import re

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


def test_the_stylesheet_of_a_file_fetches_nothing() -> None:
    alone = assets.styles(alone=True)
    assert "url(" not in alone and "@layer govuk{" not in alone
    assert ".btn{" in alone and ".ds-stop{" in alone


def test_every_script_is_taken_in_once_in_a_block_of_its_own() -> None:
    names = {path.name for path in SCRIPTS.glob("*.js")} - {"outreach.js"}
    index = (SCRIPTS / "outreach.js").read_text()
    assert sorted(re.findall(r'^import "\./([\w-]+\.js)";$', index, re.MULTILINE)) == sorted(names)
    script = assets.scripts()
    assert all(f"{{\n{(SCRIPTS / name).read_text()}}}" in script for name in names)
    assert re.findall(r"^import .*", script, re.MULTILINE) == [
        'import { initAll } from "./vendor/govuk-frontend-6.3.0.min.js";'
    ]


def test_a_browser_that_has_them_is_told_so(client: FlaskClient) -> None:
    for name, mimetype in (("outreach.css", "text/css"), ("outreach.js", "text/javascript")):
        first = client.get(f"/static/{name}")
        assert (first.status_code, first.mimetype, first.headers["Cache-Control"]) == (
            200,
            mimetype,
            "no-cache",
        )
        again = client.get(f"/static/{name}", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
