"""Static files by their hash."""

import gzip

import pytest

from web.static_files import StaticFiles, load_static_files


def test_a_url_changes_with_the_content() -> None:
    one, other = StaticFiles({"a.css": b"x"}), StaticFiles({"a.css": b"y"})
    assert one.url("a.css") != other.url("a.css")
    assert one.find(other.url("a.css")) is None


def test_files_are_compressed_ahead() -> None:
    files = load_static_files()
    found = files.find(files.url("comitia.css"))
    assert found is not None
    assert gzip.decompress(found.gzipped) == found.body
    assert len(found.gzipped) < 12_000


def test_an_unknown_name_is_our_fault() -> None:
    with pytest.raises(KeyError):
        StaticFiles({}).url("a.css")


def test_styles_and_script_ask_nobody_else() -> None:
    files = load_static_files()
    for name in ("comitia.css", "comitia.js"):
        found = files.find(files.url(name))
        assert found is not None
        body = found.body.decode().replace("http://www.w3.org/2000/svg", "")
        assert "http" not in body
        assert "@import" not in body
