"""The page that checks proofs offline: one file with everything inside, the same bytes on every node of a version.

Made once, at start, of web/offline, a template and the catalogues. It asks nothing of anybody: its policy allows its
own script and style by their hashes, and no connection; it stands in the page too, for when that is opened from a disk.
"""

import base64
import gzip
import hashlib
import json
from dataclasses import dataclass
from importlib import resources
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from web.i18n import Languages
from web.offline_words import WORDS, sentences

PATH: Final = "/offline/check.html"
FILE_NAME: Final = "comitia-check.html"
_IN_PAGE: Final = "default-src 'none'; connect-src 'none'; form-action 'none'; base-uri 'none'"


@dataclass(frozen=True, slots=True)
class OfflinePage:
    """The page as it is sent and saved."""

    body: bytes
    gzipped: bytes
    sha256: str
    """Of the body, 64 hex digits, for readers to compare."""
    policy: str
    """What a browser may do for it, as the header of the answer says it."""


def build_offline_page(languages: Languages) -> OfflinePage:
    """Return the page in all languages that are complete. The same catalogues give the same bytes."""
    offered = languages.offered
    script, style = _part("check.js"), _part("check.css")
    policy = f"{_IN_PAGE}; script-src {_source(script)}; style-src {_source(style)}"
    text = _template().render(
        policy=policy,
        words=WORDS,
        languages=offered,
        sentences=Markup(_as_data(sentences(offered))),  # noqa: S704 - of this package, no less-than sign in it
        script=Markup(script),  # noqa: S704 - of this package
        style=Markup(style),  # noqa: S704 - of this package
    )
    body = text.encode()
    return OfflinePage(
        body=body,
        gzipped=gzip.compress(body, mtime=0),
        sha256=hashlib.sha256(body).hexdigest(),
        policy=f"{policy}; frame-ancestors 'none'",
    )


def _part(name: str) -> str:
    return "\n" + resources.files("web").joinpath("offline", name).read_text(encoding="utf-8")


def _source(text: str) -> str:
    """Return what allows exactly this script or style. Source: CSP level 3, hash-source."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _as_data(value: object) -> str:
    """Return JSON that can stand inside a script element."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("offline.html")
