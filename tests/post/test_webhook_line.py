"""The line to a program: addresses that are none of the internet's, names that change, servers that hang, redirect, flood,
or show a certificate that does not hold; and the signature."""

import json
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from hmac import digest
from pathlib import Path
from typing import Any

import pytest

from outreach.post.webhooks import line as lines
from outreach.post.webhooks import signing
from outreach.post.webhooks.line import Line
from outreach.post.webhooks.open_addresses import is_open
from program_server import HOST, Authority, Program, drips, floods, running, says

BODY = b'{"type":"webhook.test"}'


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.made(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def line(authority: Authority) -> Line:
    """To the tests' own servers, which lie where no program may."""
    return Line(
        resolve=lambda _host, _port: ["127.0.0.1"],
        is_open=lambda address: address == "127.0.0.1",
        context=authority.trusted(),
        seconds=1.0,
    )


@pytest.fixture
def program(authority: Authority) -> Iterator[Program]:
    with running(authority.served(), says("204 No Content")) as found:
        yield found


def told(line: Line, program: Program, **headers: str) -> tuple[int | None, str]:
    got = line.tell(program.address, BODY, headers)
    return got.http_status, got.answer


def test_a_program_is_told_by_one_post_that_names_its_host(line: Line, program: Program) -> None:
    assert told(line, program, **{"webhook-id": "msg_1"}) == (204, "No Content")
    (heard,) = program.heard
    assert (heard.line, heard.body) == ("POST /told?from=outreach HTTP/1.1", BODY)
    assert heard.headers["host"] == f"{HOST}:{program.port}"
    assert (heard.headers["content-type"], heard.headers["webhook-id"]) == ("application/json", "msg_1")
    assert heard.headers["connection"] == "close"


def test_what_is_no_yes_is_told_with_the_beginning_of_its_words(line: Line, program: Program) -> None:
    program.answer = says("500 Broken", "something\nwent\x00 wrong " + "x" * 5000)
    status, answer = told(line, program)
    assert (status, answer[:30], len(answer)) == (500, "Broken. something went wrong x", 200)
    program.answer = says("410 Gone")
    assert told(line, program) == (410, "Gone.")


def test_no_redirect_is_followed(line: Line, program: Program) -> None:
    with running(line.context, says("200 OK")) as elsewhere:
        program.answer = says("307 Temporary Redirect", Location=f"https://{HOST}:{elsewhere.port}/")
        assert told(line, program) == (307, "It leads elsewhere, and no redirect is followed.")
        assert (elsewhere.lines, len(program.heard)) == (0, 1)


@pytest.mark.parametrize("answer", [drips, lambda line: time.sleep(3)], ids=["drips", "hangs"])
def test_a_slow_program_is_left_when_the_time_is_over(line: Line, program: Program, answer: Any) -> None:
    """Not when nothing comes for so long: a byte a moment would go on for ever."""
    program.answer, began = answer, time.monotonic()
    assert told(line, program) == (None, "No answer within 1 seconds.")
    assert 0.9 < time.monotonic() - began < 2.5


def test_of_a_flood_a_few_kilobytes_are_read(line: Line, program: Program) -> None:
    program.answer = floods
    assert told(line, program) == (None, "The head of the answer is longer than any that makes sense.")
    program.answer = says("418 I'm a teapot", "x" * 10_000_000)
    assert told(line, program)[0] == 418


@pytest.mark.parametrize("said", [b"220 mail.example ESMTP\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\r\n\r\n"])
def test_what_is_no_http_is_no_answer(line: Line, program: Program, said: bytes) -> None:
    program.answer = lambda at: at.sendall(said)
    assert told(line, program) == (None, "What came back is no answer of HTTP.")


def test_a_program_that_hangs_up_has_taken_nothing(line: Line, program: Program) -> None:
    program.answer = lambda _at: None
    assert told(line, program) == (None, "The program hung up without an answer.")


@pytest.mark.parametrize(
    "host, over, why",
    [
        (HOST, True, "TLS failed: CERTIFICATE_VERIFY_FAILED"),
        ("another.example", False, "TLS failed: CERTIFICATE_VERIFY_FAILED"),
    ],
)
def test_a_certificate_that_is_over_or_anothers_ends_it_before_anything_is_said(
    line: Line, authority: Authority, host: str, over: bool, why: str
) -> None:
    with running(authority.served(host, over=over), says("200 OK")) as program:
        assert told(line, program) == (None, why)
        assert program.heard == []


def test_a_certificate_of_an_authority_that_nobody_knows_ends_it(line: Line, program: Program) -> None:
    assert told(replace(line, context=Line().context), program)[1] == "TLS failed: CERTIFICATE_VERIFY_FAILED"
    assert program.heard == []


def test_plain_http_is_not_spoken(line: Line) -> None:
    assert line.tell(f"http://{HOST}/", BODY, {}).answer == "It is no https address."


# Where it lies
# ---------------------------------------------------------------------------------------

CLOSED = """
127.0.0.1 127.8.9.1 0.0.0.0 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 100.127.255.255
192.0.0.8 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
:: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::8.8.8.8 64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1 fe80::1 fe80::1%lo
fc00::1 fd12:3456::1 fec0::1 ff02::1 2001:db8::1 2001::1 2002:7f00:1::1 3fff::1 100::1 4000::1 5f00::1 nonsense
""".split()
OPEN = "8.8.8.8 1.1.1.1 172.15.0.1 172.32.0.1 100.63.255.255 100.128.0.1 2606:4700:4700::1111 2a00:1450:4009::1".split()


def test_what_is_no_address_of_the_internet_at_large_is_known() -> None:
    assert [one for one in CLOSED if is_open(one)] == []
    assert [one for one in OPEN if not is_open(one)] == []


@pytest.mark.parametrize("found", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::ffff:127.0.0.1"], []])
def test_no_line_is_opened_where_any_address_of_the_host_is_closed(
    line: Line, program: Program, found: list[str]
) -> None:
    status, answer = told(replace(line, is_open=is_open, resolve=lambda _h, _p: found), program)
    assert status is None and (("not the internet at large" in answer) == bool(found))
    assert program.lines == 0


def test_a_numeric_host_in_disguise_is_resolved_and_looked_at() -> None:
    """The system's own resolver takes them for this machine."""
    for host in ("127.0.0.1", "0x7f.1", "2130706433", "localhost", "[::1]"):
        got = Line(seconds=2.0).tell(f"https://{host}:1/", BODY, {})
        assert "not the internet at large" in got.answer, (host, got.answer)


def test_a_name_that_changes_after_the_look_leads_nowhere_else(
    line: Line, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: the first look says an open address, every later one this machine. There is one look, and the line goes
    to what it found."""
    looks, went = [], []

    def resolve(_host: str, _port: int) -> list[str]:
        looks.append(1)
        return ["8.8.8.8"] if len(looks) == 1 else ["127.0.0.1"]

    def connect(address: tuple[str, int], timeout: float) -> Any:
        went.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(lines.socket, "create_connection", connect)
    got = replace(line, is_open=is_open, resolve=resolve).tell(program.address, BODY, {})
    assert got.answer == "No line: Connection refused"
    assert (looks, went, program.lines) == ([1], [("8.8.8.8", program.port)], 0)


def test_a_resolver_that_does_not_answer_is_left_when_the_time_is_over(line: Line, program: Program) -> None:
    began = time.monotonic()
    slow = replace(line, resolve=lambda _h, _p: time.sleep(3) or ["127.0.0.1"])
    assert told(slow, program) == (None, "No answer within 1 seconds.")
    assert time.monotonic() - began < 2.5


def test_an_address_that_takes_no_line_is_passed_over_for_the_next(line: Line, program: Program) -> None:
    both = replace(line, resolve=lambda _h, _p: ["127.0.0.2", "127.0.0.1"], is_open=lambda _a: True)
    assert told(both, program) == (204, "No Content")


def test_no_proxy_of_the_environment_is_asked(
    line: Line, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert told(line, program) == (204, "No Content")


# The signature
# ---------------------------------------------------------------------------------------


def test_a_signature_is_that_of_the_standard_webhooks() -> None:
    """HMAC-SHA256 in base64 over id, time and body, worked out here by the definition, with two secrets."""
    keys = [sha256(b"one").digest(), sha256(b"two").digest()]
    secrets = ["whsec_" + b64encode(key).decode() for key in keys]
    body = json.dumps({"test": 2432232314}).encode()
    found = signing.headers("msg_1", body, secrets, now=datetime(2021, 2, 25, 15, 2, 10, tzinfo=UTC))
    signed = b"msg_1.1614265330." + body
    assert found == {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1614265330",
        "webhook-signature": " ".join(
            "v1," + b64encode(digest(key, signed, "sha256")).decode() for key in keys
        ),
    }
    assert b64decode(secrets[0].removeprefix("whsec_")) == keys[0]


def test_what_a_page_loads_has_no_line_in_it() -> None:
    """The process that serves pages opens none: only `flask webhooks` does."""
    for path in Path("outreach/web").rglob("*.py"):
        assert "webhooks.line" not in path.read_text() and "webhooks import teller" not in path.read_text()
