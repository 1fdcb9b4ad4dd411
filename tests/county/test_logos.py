"""Logos: whatever file is chosen, what is kept is a drawing and nothing else."""

import io
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image, PngImagePlugin

import make
from outreach.county import logos
from outreach.ground.db import db, transaction


def png(size: tuple[int, int] = (40, 20), kind: str = "PNG", **more: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB" if kind == "JPEG" else "RGBA", size, (200, 0, 0)).save(file, kind, **more)
    return file.getvalue()


def test_a_png_is_written_anew_without_what_came_along() -> None:
    told = PngImagePlugin.PngInfo()
    told.add_text("Comment", "taken at 51.752, -1.258 by J. Fell")
    drawn = logos.draw(png(pnginfo=told) + b"<script>alert(1)</script>")
    assert b"Fell" not in drawn
    assert b"script" not in drawn
    with Image.open(io.BytesIO(drawn)) as picture:
        assert picture.size == (40, 20)
        assert picture.getpixel((5, 5)) == (200, 0, 0, 255)


@pytest.mark.parametrize(
    ("kind", "more"), [("PNG", {}), ("JPEG", {"progressive": True}), ("WEBP", {"lossless": True})]
)
def test_a_large_picture_is_made_a_png_as_small_as_pages_need_it(kind: str, more: dict[str, bool]) -> None:
    with Image.open(io.BytesIO(logos.draw(png((3000, 1500), kind, **more)))) as picture:
        assert picture.size == (240, 120)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no PNG, JPEG or WebP"),
        (b"GIF89a\x01\x00\x01\x00", "no PNG, JPEG or WebP"),
        (b"<html><body><p>svg</p></body></html>", "no PNG, JPEG or WebP"),
        (b"\x89PNG\r\n\x1a\n" + b"broken" * 20, "picture cannot be read"),
        (png()[:60], "picture cannot be read"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" width="400000000"/>', "no PNG, JPEG or WebP"),
        (png() + b" " * 500_000, "larger than 500 kB"),
        (png((4001, 10)), "larger than 4,000 pixels"),
        (png((3000, 2001)), "6,000,000 in all"),
        (png((3000, 2001), "JPEG"), "6,000,000 in all"),
        (png((3000, 2001), "WEBP"), "6,000,000 in all"),
        (b"\xff\xd8\xff" + b"\xff\xda" * 65, "too many parts"),
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


MEASURED = """
import sys
from time import process_time
from outreach.county import logos

def most():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))

content = sys.stdin.buffer.read()
logos.draw(WARM)
before, began = most(), process_time()
logos.draw(content)
print(most() - before, process_time() - began)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells what a process took at most")
@pytest.mark.parametrize("kind", ["many colour profiles", "WebP without colours", "PNG of 16 bits", "scans"])
def test_the_worst_pictures_take_two_seconds_and_300_megabytes_at_most(kind: str) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    plain, high = png(), logos.MOST_IN_ALL // 3000
    if kind == "many colour profiles":
        profile = chunk(b"iCCP", b"k\0\0" + zlib.compress(b"a" * 1_000_000, 9))
        content = plain[:33] + profile * 400 + plain[33:]
    elif kind == "WebP without colours":
        content = png((3000, high), "WEBP", lossless=True)
    elif kind == "PNG of 16 bits":
        head = (3000).to_bytes(4, "big") + high.to_bytes(4, "big") + b"\x10\x06\0\0\0"
        rows = zlib.compress((b"\x04" + b"\xff" * 24_000) * high, 9)
        content = plain[:8] + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    else:
        whole = png((3000, high), "JPEG", quality=5, progressive=True)
        first, *scans = whole[:-2].split(b"\xff\xda")
        content = b"\xff\xda".join([first, *(scans * 64)[: logos.MOST_SCANS]]) + b"\xff\xd9"
    assert len(content) <= logos.MOST_BYTES
    code = MEASURED.replace("WARM", repr(plain))
    done = subprocess.run([sys.executable, "-c", code], input=content, capture_output=True, check=True)
    kilobytes, seconds = map(float, done.stdout.split())
    assert (kilobytes < 300_000, seconds < 2) == (True, True)


def test_what_letters_have_shown_stays_when_the_logo_changes_or_goes(app: Flask) -> None:
    with transaction():
        partnership, other = make.partnership(), make.partnership(la_codes=())
        logos.put(partnership, logos.draw(png()), who="Priya", now=make.NOW)
    first = partnership.logo_file
    assert first
    with transaction():
        logos.put(partnership, logos.draw(png((30, 30))), who="Priya", now=make.NOW)
        logos.put(other, logos.draw(png()), who="Owen", now=make.NOW)
    second = partnership.logo_file
    assert second
    with transaction():
        logos.take_away(partnership, who="Priya", now=make.NOW)
        logos.take_away(other, who="Owen", now=make.NOW)
    assert partnership.logo_file is None
    for name in (first, second):
        found = logos.find(name.partition(".")[0])
        assert found is not None
        assert found.png.startswith(b"\x89PNG")
    with transaction():
        logos.put(partnership, logos.draw(png()), who="Priya", now=make.NOW)
        logos.put(partnership, logos.draw(png()), who="Priya", now=make.NOW)
    assert partnership.logo_file == first
    assert db.session.query(logos.Logo).count() == 3
