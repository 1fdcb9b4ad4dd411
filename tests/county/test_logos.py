"""Logos: whatever file is chosen, what is kept is a drawing and nothing else."""

import io
import zlib

import pytest
from flask import Flask
from PIL import Image, PngImagePlugin

import make
from outreach.county import logos
from outreach.ground.db import db, transaction

RED = b'<rect width="8" height="4" fill="#c00"/>'


def svg(inside: bytes, head: bytes = b"") -> bytes:
    return b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"' + head + b">" + inside + b"</svg>"


def png(size: tuple[int, int] = (40, 20), **more: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGBA", size, (200, 0, 0, 255)).save(file, "PNG", **more)
    return file.getvalue()


def test_a_png_is_written_anew_without_what_came_along() -> None:
    told = PngImagePlugin.PngInfo()
    told.add_text("Comment", "taken at 51.752, -1.258 by J. Fell")
    drawn = logos.draw(png(pnginfo=told) + b"<script>alert(1)</script>")
    assert drawn.mimetype == "image/png"
    assert b"Fell" not in drawn.body
    assert b"script" not in drawn.body
    with Image.open(io.BytesIO(drawn.body)) as picture:
        assert picture.size == (40, 20)
        assert picture.getpixel((5, 5)) == (200, 0, 0, 255)


def test_a_large_png_is_made_as_small_as_pages_need_it() -> None:
    with Image.open(io.BytesIO(logos.draw(png((3000, 1500))).png)) as picture:
        assert picture.size == (240, 120)


@pytest.mark.parametrize(
    "inside",
    [
        RED + b"<script>alert(1)</script>",
        RED + b'<a href="javascript:alert(1)"><text>x</text></a>',
        b'<rect width="8" height="4" fill="#c00" onclick="alert(1)"/>',
        RED
        + b'<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><iframe src="x"/></body></foreignObject>',
        RED
        + b"<style>@import url(https://evil.example/alert.css); rect { fill: url(https://evil.example/alert) }</style>",
        RED + b'<set attributeName="onmouseover" to="alert(1)"/>',
        RED + b'<animate attributeName="href" values="javascript:alert(1)"/>',
    ],
)
def test_an_svg_keeps_its_drawing_and_nothing_that_runs_or_asks(inside: bytes) -> None:
    drawn = logos.draw(svg(inside, b' onload="alert(1)"'))
    assert drawn.mimetype == "image/svg+xml"
    said = drawn.body.decode().lower()
    assert "rect" in said
    for word in (
        "<script",
        'href="javascript',
        "attributename",
        "onload",
        "onclick",
        "onmouseover",
        "foreignobject",
        "iframe",
        "@import",
        "url(https",
    ):
        assert word not in said
    with Image.open(io.BytesIO(drawn.png)) as picture:
        assert picture.getpixel((2, 2))[3] == 255
        assert picture.getpixel((picture.width - 2, picture.height - 2))[3] == 0


BOMB = b'<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>' + svg(
    b"<text>&b;</text>"
)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "neither PNG nor SVG"),
        (b"GIF89a\x01\x00\x01\x00", "neither PNG nor SVG"),
        (b"<html><body><p>svg</p></body></html>", "neither PNG nor SVG"),
        (b"\x89PNG\r\n\x1a\n" + b"broken" * 20, "PNG cannot be read"),
        (png()[:60], "PNG cannot be read"),
        (svg(RED)[:-9], "SVG cannot be drawn"),
        (svg(b"<g>" * 5000 + b"</g>" * 5000), "SVG cannot be drawn"),
        (
            b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000000000 1">' + RED + b"</svg>",
            "cannot be drawn",
        ),
        (BOMB, "DOCTYPE or entities"),
        (svg(RED + b'<image href="/etc/hostname.png" width="4" height="4"/>'), "another file"),
        (svg(RED + b'<image href="https://evil.example/a.png" width="4" height="4"/>'), "another file"),
        (svg(RED + b'<use href="other.svg#x"/>'), "another file"),
        (svg(b""), "nothing to see"),
        (b"<svg " + b" " * 500_000 + b"/>", "larger than 500 kB"),
        (png((4001, 10)), "larger than 4000 pixels"),
    ],
)
def test_what_cannot_be_a_logo_is_refused_in_words(content: bytes, why: str) -> None:
    with pytest.raises(logos.NotALogo, match=why):
        logos.draw(content)


def test_a_picture_that_unpacks_without_end_is_refused() -> None:
    # 50,000 x 50,000 dots in some kilobytes: read whole they would take 10 GB.
    head = (50_000).to_bytes(4, "big") * 2 + b"\x08\x00\x00\x00\x00"

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000))
    with pytest.raises(logos.NotALogo):
        logos.draw(content + chunk(b"IEND", b""))


def test_what_letters_have_shown_stays_when_the_logo_changes_or_goes(app: Flask) -> None:
    with transaction():
        partnership, other = make.partnership(), make.partnership(la_codes=())
        logos.put(partnership, png(), who="Priya", now=make.NOW)
    first = partnership.logo_file
    assert first
    with transaction():
        logos.put(partnership, svg(RED), who="Priya", now=make.NOW)
        logos.put(other, png(), who="Owen", now=make.NOW)
    second = partnership.logo_file
    assert second
    assert second.endswith(".svg")
    with transaction():
        logos.take_away(partnership, who="Priya", now=make.NOW)
        logos.take_away(other, who="Owen", now=make.NOW)
    assert partnership.logo_file is None
    for name in (first, second):
        found = logos.find(name.partition(".")[0])
        assert found is not None
        assert found.png.startswith(b"\x89PNG")
    with transaction():
        logos.put(partnership, png(), who="Priya", now=make.NOW)
        logos.put(partnership, png(), who="Priya", now=make.NOW)
    assert partnership.logo_file == first
    assert db.session.query(logos.Logo).count() == 3
