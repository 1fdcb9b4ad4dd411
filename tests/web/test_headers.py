"""Headers that every answer bears: pages and files, answers and refusals, to whatever method."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from how_many import is_drawn
from outreach.web.headers import HEADERS, UNUSED

WANTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "X-Robots-Tag": "noindex, nofollow",
}
"""What no page sets otherwise; its policy and how long it is kept are a page's own."""


def lacking(answer: TestResponse) -> list[str]:
    """What is wrong with the headers of an answer, whichever page gave it; [] when nothing is."""
    found, policy = answer.headers, answer.headers.get("Content-Security-Policy", "")
    wrong = [name for name, value in WANTED.items() if found.get(name) != value]
    wrong += [name for name in HEADERS if len(found.getlist(name)) != 1]
    if "default-src 'none'" not in policy or not re.search("frame-ancestors '(none|self)'", policy):
        wrong.append(policy)
    if re.search(r"script-src(?! 'self'(;|$))|unsafe-eval|https?:|\*", policy):
        wrong.append(policy)
    if "unsafe-inline" in policy and not policy.startswith("sandbox;"):
        wrong.append(policy)
    return wrong + [one for one in UNUSED if f"{one}=()" not in found.get("Permissions-Policy", "")]


@pytest.mark.any_database
def test_every_route_bears_them_to_every_method_whoever_asks(app: Flask, client: FlaskClient) -> None:
    """Each route by GET and POST, in each run one in four by every method. Nobody is signed in and no token is known:
    redirects, refusals and what is not there. What the pages themselves answer is walked in test_methods."""
    asked = set()
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<int:\w+>", "1", rule.rule)
        path = re.sub(r"<(?:[^:<>]+:)?\w+>", "nothing", path)
        others = ("HEAD", "PUT", "DELETE", "OPTIONS") if is_drawn(rule.rule, one_in=4) else ()
        for method in ("GET", "POST", *others):
            answer = client.open(path, method=method)
            asked.add(answer.status_code)
            assert lacking(answer) == [], f"{method} {path}: {answer.status}"
            answer.close()
    assert asked >= {200, 302, 401, 404, 405}


@pytest.mark.parametrize(
    "path, status",
    [
        ("/", 200),
        ("/static/outreach.css", 200),
        ("/static/no-such-file", 404),
        ("/no-such-page", 404),
        ("/find?q=%00", 400),
    ],
)
@pytest.mark.any_database
def test_files_and_refusals_bear_them(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert (answer.status_code, lacking(answer)) == (status, [])
    assert (answer.headers["Cache-Control"] == "no-store") is (path != "/static/outreach.css")
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.any_database
def test_a_host_that_is_not_ours_gets_them_too(app: Flask, client: FlaskClient) -> None:
    app.config["TRUSTED_HOSTS"] = ["outreach.example"]
    answer = client.get("/", headers={"Host": "evil.example"})
    assert (answer.status_code, lacking(answer)) == (400, [])


@pytest.mark.any_database
@pytest.mark.own_app
def test_a_page_that_breaks_bears_them_too(app: Flask, client: FlaskClient) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def broken() -> None:
        raise RuntimeError("broken")

    app.view_functions["public.contact"] = broken
    answer = client.get("/contact")
    assert (answer.status_code, lacking(answer)) == (500, [])


@pytest.mark.any_database
def test_the_policy_of_an_ordinary_page_lets_in_what_is_ours_alone(client: FlaskClient) -> None:
    assert client.get("/sign-in").headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; worker-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


@pytest.mark.any_database
def test_https_asks_browsers_to_stay_with_it(app: Flask, client: FlaskClient) -> None:
    """By the address that people know too: the proxy in front may forget to say how it was asked."""
    two_years = "max-age=63072000"
    asked = client.get("/", base_url="https://outreach.example")
    assert asked.headers["Strict-Transport-Security"] == two_years
    app.config["PUBLIC_URL"] = "https://outreach.example"
    for path in ("/", "/no-such-page", "/static/outreach.css"):
        assert client.get(path).headers["Strict-Transport-Security"] == two_years
    app.config["HSTS_SUBDOMAINS"] = True
    assert client.get("/").headers["Strict-Transport-Security"] == f"{two_years}; includeSubDomains"
