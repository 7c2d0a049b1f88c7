"""The code to scan on a printed agenda: the node's page that checks, or the fingerprints where it has no address."""

import io
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import segno

from web.editions.edition import Edition
from web.i18n import Language
from web.offline_page import PATH


@dataclass(frozen=True, slots=True)
class ScanCode:
    """A code and what it leads to; without an address it holds the fingerprints themselves."""

    text: str
    address: str

    def svg(self) -> str:
        """Return the code as a drawing."""
        written = io.BytesIO()
        code = segno.make(self.text, error="m", micro=False)
        code.save(
            written, kind="svg", border=4, dark="#000000", light="#ffffff", xmldecl=False, nl=False, svgclass=None
        )
        return written.getvalue().decode()

    def alt(self, language: Language) -> str:
        """Return what the code is, in words."""
        if self.address:
            return language.gettext("Code to scan. It leads to %(address)s") % {"address": self.address}
        return language.gettext("Code to scan. It holds the fingerprints that stand on this page as text.")


def scan_code(edition: Edition, base_url: str) -> ScanCode:
    """Return the code of an edition for a node that is reached under an address."""
    federation = edition.federation
    if is_public(base_url):
        address = f"{base_url}{PATH}"
        return ScanCode(f"{address}#fingerprint={federation.id}&lang={edition.lang}", address)
    held = f"comitia\nfederation {federation.id}\ntellers {federation.tellers_fingerprint}\n"
    return ScanCode(f"{held}document {edition.document_sha256}\n", "")


def is_public(base_url: str) -> bool:
    """Whether others than the node's own machine can reach an address."""
    host = urlsplit(base_url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        address = ip_address(host)
    except ValueError:
        return bool(host)
    return not (address.is_loopback or address.is_unspecified)
