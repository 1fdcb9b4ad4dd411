"""Logos of partnerships: a file somebody chose, read as a picture and written anew, so that nothing else comes along.

An SVG is cleaned of all that is no drawing (svg-hush) and drawn once (resvg), for mail programs show no SVG; a PNG is
decoded and encoded again (Pillow). What letters have shown stays: rows are only added.
"""

import io
import re
import warnings
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county.partnerships import Partnership
from outreach.ground import history, whose
from outreach.ground.db import Base, Instant, db
from outreach.ground.errors import Refusal

MOST_BYTES = 500_000
MOST_PIXELS = 4_000
"""Of one side of what is read; a larger one is no logo."""
DRAWN = (480, 120)
"""Pixels wide and high that it is kept in at most: twice what a letter shows, for fine screens."""
SVG, PNG = "image/svg+xml", "image/png"
_ELSEWHERE = re.compile(rb"""href\s*=\s*["'](?!#|data:image/png)[^"']""")
_PNG_BEGINS = b"\x89PNG\r\n\x1a\n"


class Logo(Base):
    """One logo that a partnership has used. `body` goes to pages (`mimetype`), `png` to letters; `digest`, SHA-256 of
    both, is its name in addresses."""

    __tablename__ = "logo"
    __table_args__ = (Index("ix_logo_partnership", "partnership_id", "digest", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int] = mapped_column(ForeignKey("partnership.id"))
    digest: Mapped[str] = mapped_column(Text, index=True)
    mimetype: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    png: Mapped[bytes] = mapped_column(LargeBinary)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(Text)


class NotALogo(Refusal):
    """The file is no picture that can be a logo."""

    field = "logo"


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A picture written anew: what browsers are sent, and what mail programs are."""

    mimetype: str
    body: bytes
    png: bytes


def put(partnership: Partnership, content: bytes, *, who: str, now: datetime) -> None:
    """This picture is the partnership's logo from now on. Raises NotALogo."""
    drawn = draw(content)
    digest = sha256(drawn.body + drawn.png).hexdigest()[:32]
    before, named = partnership.logo_file, f"{digest}.{'svg' if drawn.mimetype == SVG else 'png'}"
    if named == before:
        return
    mine = select(Logo.id).where(Logo.partnership_id == partnership.id, Logo.digest == digest)
    if db.session.scalar(mine) is None:
        db.session.add(
            Logo(
                partnership_id=partnership.id,
                digest=digest,
                mimetype=drawn.mimetype,
                body=drawn.body,
                png=drawn.png,
                recorded_at=now,
                recorded_by=who,
            )
        )
    partnership.logo_file = named
    db.session.flush()
    history.record("set the logo", partnership, who=who, now=now, before=before, after=named)


def take_away(partnership: Partnership, *, who: str, now: datetime) -> None:
    """No logo any more; letters that went still find theirs."""
    before, partnership.logo_file = partnership.logo_file, None
    if before is not None:
        db.session.flush()
        history.record("took the logo away", partnership, who=who, now=now, before=before)


def find(digest: str) -> Logo | None:
    """The logo of that name in an address; None for none."""
    whose.bind_to("logo", digest)
    return db.session.scalar(select(Logo).where(Logo.digest == digest).order_by(Logo.id).limit(1))


def draw(content: bytes) -> Drawn:
    """The picture in a file, written anew. Pure. Raises NotALogo, in words."""
    if len(content) > MOST_BYTES:
        raise NotALogo("The file is larger than 500 kB. Save the logo smaller.")
    if content.startswith(_PNG_BEGINS):
        png = _png_anew(content)
        return Drawn(mimetype=PNG, body=png, png=png)
    if re.search(rb"<svg[\s>]", content[:4096].lower()):
        return _svg_anew(content)
    raise NotALogo("This file is neither PNG nor SVG. Save the logo as one of them.")


def _png_anew(content: bytes) -> bytes:
    """The dots alone: no comment, colour profile, place or time of a camera."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=["PNG"]) as picture:
                if max(picture.size) > MOST_PIXELS:
                    raise NotALogo(f"The logo is larger than {MOST_PIXELS} pixels. Save it smaller.")
                dots = picture.convert("RGBA")
    except NotALogo:
        raise
    except Exception as error:  # a broken picture is told in a dozen kinds of exceptions
        raise NotALogo("This PNG cannot be read. Save the logo again, or choose another file.") from error
    if not dots.getchannel("A").getbbox():
        raise NotALogo("There is nothing to see in this picture.")
    dots.thumbnail(DRAWN, Image.Resampling.LANCZOS)
    written = io.BytesIO()
    dots.save(written, "PNG", optimize=True)
    return written.getvalue()


def _svg_anew(content: bytes) -> Drawn:
    from py_svg_hush import filter_svg
    from resvg_py import svg_to_bytes

    if re.search(rb"<!(doctype|entity)", content, re.IGNORECASE):
        # Entities can grow without end, and no drawing of ours needs one.
        raise NotALogo("This SVG has a DOCTYPE or entities. Save it as ‘plain’ or ‘optimised’ SVG.")
    try:
        clean = bytes(filter_svg(content, {"image": ["png"]}))
        if _ELSEWHERE.search(clean):
            # It would be looked for among the files of this machine.
            raise NotALogo(
                "This SVG shows a picture out of another file. Save it with everything in one file."
            )
        png = bytes(svg_to_bytes(svg_string=clean.decode(), height=DRAWN[1]))
    except NotALogo:
        raise
    except Exception as error:  # of two libraries in Rust, each with kinds of its own
        raise NotALogo("This SVG cannot be drawn. Save it again as ‘plain’ SVG, or as PNG.") from error
    return Drawn(mimetype=SVG, body=clean, png=_png_anew(png))
