"""Logos of partnerships: a file somebody chose, read as a picture and written anew, so that nothing else comes along.

PNG, JPEG and WebP are decoded within bounds and written as PNG (Pillow). What letters have shown stays: rows are only
added, and an SVG that was cleaned when SVG was taken is still sent to pages, and read by nothing of ours.
"""

import io
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
MOST_IN_ALL = 6_000_000
"""Pixels of what is read: 24 MB of memory."""
MOST_SCANS = 64
"""Of a JPEG, each of which goes over the whole picture: they take the time. Some ten are usual."""
DRAWN = (480, 120)
"""Pixels wide and high that it is kept in at most: twice what a letter shows, for fine screens."""
SVG, PNG = "image/svg+xml", "image/png"
TAKEN = ("PNG", "JPEG", "WEBP")
_BEGINNINGS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")
_SCAN = b"\xff\xda"


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


def put(partnership: Partnership, png: bytes, *, who: str, now: datetime) -> None:
    """This picture, as `draw` made it, is the partnership's logo from now on."""
    digest = sha256(png).hexdigest()[:32]
    before, named = partnership.logo_file, f"{digest}.png"
    if named == before:
        return
    mine = select(Logo.id).where(Logo.partnership_id == partnership.id, Logo.digest == digest)
    if db.session.scalar(mine) is None:
        db.session.add(
            Logo(
                partnership_id=partnership.id,
                digest=digest,
                mimetype=PNG,
                body=png,
                png=png,
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


def draw(content: bytes) -> bytes:
    """The picture in a file as a PNG of its dots alone: no comment, colour profile, place or time of a camera. Pure;
    not for a transaction, which would wait for it. Raises NotALogo, in words."""
    from PIL import Image

    if len(content) > MOST_BYTES:
        raise NotALogo("The file is larger than 500 kB. Save the logo smaller.")
    if not content.startswith(_BEGINNINGS):
        raise NotALogo("This file is no PNG, JPEG or WebP. Save the logo as one of them.")
    try:
        if content.count(_SCAN) > MOST_SCANS:
            raise NotALogo("This JPEG has too many parts. Save the logo as PNG.")
        with Image.open(io.BytesIO(content), formats=TAKEN) as picture:
            wide, high = picture.size
            if max(wide, high) > MOST_PIXELS or wide * high > MOST_IN_ALL:
                raise NotALogo(
                    f"The logo is larger than {MOST_PIXELS:,} pixels on a side, or {MOST_IN_ALL:,} in all. "
                    "Save it smaller."
                )
            dots = picture.convert("RGBA")
    except NotALogo:
        raise
    except Exception as error:  # a broken picture is told in a dozen kinds of exceptions
        raise NotALogo("This picture cannot be read. Save the logo again, or choose another file.") from error
    if not dots.getchannel("A").getbbox():
        raise NotALogo("There is nothing to see in this picture.")
    dots.thumbnail(DRAWN, Image.Resampling.LANCZOS)
    written = io.BytesIO()
    dots.save(written, "PNG", optimize=True)
    return written.getvalue()
