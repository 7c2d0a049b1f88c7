"""QR codes as SVG inside a page: no request, no script, black on white in every theme, as cameras want them."""

import segno
from markupsafe import Markup


def qr_code(text: str) -> Markup:
    """Return a text as a QR code. It is in the code's modules alone, so the SVG holds nothing that people wrote."""
    code = segno.make(text, error="m", micro=False)
    drawn = code.svg_inline(omitsize=True, border=4, dark="#000000", light="#ffffff", svgclass="qr")
    return Markup(drawn)  # noqa: S704 - see above
