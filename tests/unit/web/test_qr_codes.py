"""QR codes in pages."""

from xml.etree import ElementTree as ET

from web.qr_codes import qr_code


def test_a_code_is_svg_that_scales_and_holds_nothing_else() -> None:
    drawn = qr_code('otpauth://totp/"><script>alert(1)</script>?secret=ABC')
    root = ET.fromstring(drawn)  # noqa: S314 - our own
    assert root.get("viewBox")
    assert {element.tag.rpartition("}")[2] for element in root.iter()} == {"svg", "path"}
    assert "script" not in drawn
    assert "style" not in drawn


def test_different_texts_give_different_codes() -> None:
    assert qr_code("one") != qr_code("two")
    assert qr_code("one") == qr_code("one")
