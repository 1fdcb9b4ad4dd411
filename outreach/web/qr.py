"""QR codes on pages that are printed."""

from markupsafe import Markup


def qr_svg(address: str) -> Markup:
    """A QR code of level M as SVG, without its quiet zone: the page leaves it."""
    import segno

    drawn = segno.make(address, error="m", micro=False).svg_inline(
        border=0, svgclass="qr", lineclass=None, omitsize=True
    )
    return Markup(drawn)
