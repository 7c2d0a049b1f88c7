"""The fonts that a document is printed with: chosen by what its texts hold, each character covered or named.

Without this a missing font shows as wrong or empty glyphs. Most fonts come with Python packages, so that every node
of one installation has the same; rarer scripts are looked for among the system's own Noto fonts. A font is used only
where a text needs it, so that what else is installed changes nothing in a document.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont, TTLibError

from web.pdf.typesetting import FontsMissingError

_MARK: Final = (
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]"
)
_MARKS: Final = re.compile(f"({_MARK}{{30}}){_MARK}+")
_ANYWHERE: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
)
"""Characters of scripts whose lines break between any two of them, or between words that no blank parts."""
_LONG_WORD: Final = re.compile(f"[^ \n\u200b{_ANYWHERE}]{{61,}}")
_WORD_PIECE: Final = re.compile(f".{{60}}(?!{_MARK}|$)")
_NEVER_BREAKS: Final = re.compile(f"[^ \n\u200b]{{400}}(?!{_MARK})")
_ADDRESS_CHARACTERS_MAX: Final = 1_000
SYSTEM: Final = Path("/usr/share/fonts/truetype/noto")
"""Where Debian's and its relatives' package fonts-noto-core keeps its fonts."""


@dataclass(frozen=True, slots=True)
class Face:
    """A family, where it comes from, and the script that it is for."""

    name: str
    script: str
    package: str
    """The module of the package that carries it, or nothing for one of the system's."""
    places: tuple[str, ...]
    """Of its files in the package; of a system's font the beginning of its files' names."""

    @property
    def remedy(self) -> str:
        """What brings it."""
        return f"pip install {self.package.replace('_', '-')}" if self.package else "Debian's package fonts-noto-core"

    def files(self) -> tuple[Path, ...]:
        """Return its files, none if it isn't installed."""
        if self.package:
            return _packaged(self.package, self.places)
        weights = (SYSTEM / f"{start}-{weight}.ttf" for start in self.places for weight in ("Regular", "Bold"))
        return tuple(path for path in weights if path.is_file())


def _packaged(package: str, places: tuple[str, ...]) -> tuple[Path, ...]:
    found = find_spec(package)
    folders = found.submodule_search_locations if found is not None else None
    return tuple(path for folder in folders or () for place in places if (path := Path(folder) / place).is_file())


def _ofl(name: str, script: str, pack: str, file: str) -> Face:
    """Return a face of one of the packs that hold several families each."""
    folder = name.replace(" ", "").lower()
    return Face(name, script, f"justmytype_intl_{pack}", (f"fonts/ofl/{folder}/{file}",))


FIRST: Final = Face("Noto Sans", "Latin, Greek and Cyrillic", "fontpkg_noto_sans", ("files/NotoSans[wdth,wght].ttf",))
"""In every document; it has the pages' own words but for Chinese and Arabic."""
FACES: Final = (
    FIRST,
    _ofl("Noto Sans SC", "Chinese", "cjk", "NotoSansSC[wght].ttf"),
    Face("Amiri", "Arabic", "fontpkg_amiri", ("files/Amiri-Regular.ttf", "files/Amiri-Bold.ttf")),
    _ofl("Noto Sans Arabic", "Arabic", "rtl", "NotoSansArabic[wdth,wght].ttf"),
    _ofl("Noto Sans TC", "Chinese", "cjk", "NotoSansTC[wght].ttf"),
    _ofl("Noto Sans JP", "Japanese", "cjk", "NotoSansJP[wght].ttf"),
    _ofl("Noto Sans KR", "Korean", "cjk", "NotoSansKR[wght].ttf"),
    _ofl("Noto Sans Devanagari", "Devanagari", "south_asia", "NotoSansDevanagari[wdth,wght].ttf"),
    _ofl("Noto Sans Bengali", "Bengali", "south_asia", "NotoSansBengali[wdth,wght].ttf"),
    _ofl("Noto Sans Tamil", "Tamil", "south_asia", "NotoSansTamil[wdth,wght].ttf"),
    _ofl("Noto Sans Telugu", "Telugu", "south_asia", "NotoSansTelugu[wdth,wght].ttf"),
    _ofl("Noto Sans Thai", "Thai", "sea", "NotoSansThai[wdth,wght].ttf"),
    _ofl("Noto Sans Lao", "Lao", "sea", "NotoSansLao[wdth,wght].ttf"),
    _ofl("Noto Sans Khmer", "Khmer", "sea", "NotoSansKhmer[wdth,wght].ttf"),
    _ofl("Noto Sans Myanmar", "Myanmar", "sea", "NotoSansMyanmar[wdth,wght].ttf"),
    _ofl("Noto Sans Hebrew", "Hebrew", "rtl", "NotoSansHebrew[wdth,wght].ttf"),
    Face("Noto Sans Sinhala", "Sinhala", "", ("NotoSansSinhala",)),
    Face("Noto Sans Ethiopic", "Ethiopic", "", ("NotoSansEthiopic",)),
    Face("Noto Sans Armenian", "Armenian", "", ("NotoSansArmenian",)),
    Face("Noto Sans Georgian", "Georgian", "", ("NotoSansGeorgian",)),
    Face("Noto Sans Gujarati", "Gujarati", "", ("NotoSansGujarati",)),
    Face("Noto Sans Gurmukhi", "Gurmukhi", "", ("NotoSansGurmukhi",)),
    Face("Noto Sans Kannada", "Kannada", "", ("NotoSansKannada",)),
    Face("Noto Sans Malayalam", "Malayalam", "", ("NotoSansMalayalam",)),
)
PREFERRED: Final[Mapping[str, str]] = {
    "zh": "Noto Sans SC",
    "zh-Hant": "Noto Sans TC",
    "zh-TW": "Noto Sans TC",
    "zh-HK": "Noto Sans TC",
    "ja": "Noto Sans JP",
    "ko": "Noto Sans KR",
    "fa": "Amiri",
    "ar": "Amiri",
    "ur": "Amiri",
}
"""Languages whose characters are drawn otherwise in other languages that share them."""
_BLOCKS: Final = (
    (0x0370, 0x0530, FIRST.script), (0x0530, 0x0590, "Armenian"), (0x0590, 0x0600, "Hebrew"),
    (0x0600, 0x0700, "Arabic"), (0x0750, 0x0780, "Arabic"), (0x0900, 0x0980, "Devanagari"),
    (0x0980, 0x0A00, "Bengali"), (0x0A00, 0x0A80, "Gurmukhi"), (0x0A80, 0x0B00, "Gujarati"),
    (0x0B80, 0x0C00, "Tamil"), (0x0C00, 0x0C80, "Telugu"), (0x0C80, 0x0D00, "Kannada"),
    (0x0D00, 0x0D80, "Malayalam"), (0x0D80, 0x0E00, "Sinhala"), (0x0E00, 0x0E80, "Thai"), (0x0E80, 0x0F00, "Lao"),
    (0x1000, 0x10A0, "Myanmar"), (0x10A0, 0x1100, "Georgian"), (0x1100, 0x1200, "Korean"),
    (0x1200, 0x1400, "Ethiopic"), (0x1780, 0x1800, "Khmer"), (0x3000, 0x3040, "Chinese"),
    (0x3040, 0x3100, "Japanese"), (0x3400, 0x4DC0, "Chinese"), (0x4E00, 0xA000, "Chinese"),
    (0xAC00, 0xD7B0, "Korean"), (0x08A0, 0x0900, "Arabic"), (0x2E80, 0x2FE0, "Chinese"), (0x3130, 0x3190, "Korean"),
    (0x31F0, 0x3200, "Japanese"), (0x3200, 0x3400, "Chinese"), (0xF900, 0xFB00, "Chinese"),
    (0xFB1D, 0xFB50, "Hebrew"), (0xFB50, 0xFE00, "Arabic"), (0xFE70, 0xFF00, "Arabic"), (0xFF00, 0xFFF0, "Chinese"),
    (0x20000, 0x33480, "Chinese"),
)  # fmt: skip
"""Which script a character belongs to that no font here has: from, below, script."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The faces of a document in the order in which they are tried, and characters that none of them has."""

    faces: tuple[Face, ...]
    uncovered: frozenset[str]

    @property
    def files(self) -> tuple[Path, ...]:
        """All files of the faces."""
        return tuple(path for face in self.faces for path in face.files())

    def digest(self) -> str:
        """Return the SHA-256 in hex that names exactly these fonts: over the SHA-256 of each file, in order."""
        whole = hashlib.sha256()
        for path in self.files:
            whole.update(hashlib.sha256(path.read_bytes()).digest())
        return whole.hexdigest()

    def order_for(self, lang: str) -> tuple[Face, ...]:
        """Return the faces as text in a language wants them: the first one, the language's own, the others."""
        wanted = PREFERRED.get(lang) or PREFERRED.get(lang.partition("-")[0])
        return tuple(sorted(self.faces, key=lambda face: (face is not FIRST, face.name != wanted)))


def choose(characters: Iterable[str], languages: Iterable[str], faces: Sequence[Face] = FACES) -> Chosen:
    """Return the faces that print these characters, and those of them that no face here has.

    Raises FontsMissingError if a face isn't installed that is made for a character's script.
    """
    left = {character for character in characters if needs_glyph(character)}
    first, *others = faces
    wanted = {PREFERRED.get(lang) or PREFERRED.get(lang.partition("-")[0]) for lang in languages}
    chosen: list[Face] = []
    missing: list[Face] = []
    for face in (first, *sorted(others, key=lambda face: face.name not in wanted)):
        if face is not first and not (face.name in wanted and left) and not _may_have(face, left):
            continue
        covered = coverage(face)
        if covered is None and (face is first or any(script_of(character) == face.script for character in left)):
            missing.append(face)
        elif covered is not None and (face is first or not left.isdisjoint(covered)):
            chosen.append(face)
            left -= covered
    if missing:
        raise FontsMissingError([face.script for face in missing], [face.remedy for face in missing])
    return Chosen(tuple(chosen), frozenset(left))


def _may_have(face: Face, characters: Iterable[str]) -> bool:
    """Whether a face is worth reading for some of these characters: of its script, or, for Chinese ones, signs."""
    scripts = {script_of(character) for character in characters}
    return face.script in scripts or ("" in scripts and face.script == "Chinese")


def coverage(face: Face) -> frozenset[str] | None:
    """Return the characters that every file of a face has; None if it isn't installed or can't be read."""
    sets = [_characters(path) for path in face.files()]
    return frozenset.intersection(*sets) if sets and all(sets) else None


def _characters(path: Path) -> frozenset[str]:
    try:
        with path.open("rb") as file, TTFont(file, lazy=True) as font:
            return frozenset(map(chr, font.getBestCmap() or {}))
    except (OSError, TTLibError):
        return frozenset()


def needs_glyph(character: str) -> bool:
    """Whether a character is drawn at all: controls, joiners, marks of direction and blanks are not."""
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"} and not _is_selector(character)


def _is_selector(character: str) -> bool:
    return 0xFE00 <= ord(character) <= 0xFE0F or 0xE0100 <= ord(character) <= 0xE01EF


def script_of(character: str) -> str:
    """Return the script that a character is of, among those that there is a face for; nothing for others."""
    code = ord(character)
    return next((script for low, below, script in _BLOCKS if low <= code < below), "")


def printable(text: str, uncovered: frozenset[str]) -> str:
    """Return a text as it is printed: controls left out, and what no font has as its number in Unicode, [U+1F600].

    Line ends stay; a tab is a blank. A word that no line could hold may break anywhere, and of more than 30 marks on
    one letter (the limit of UAX 15's stream-safe text) the others are left out: they would take the typesetter minutes.
    """
    shown = "".join(_printed(character, uncovered) for character in text)
    return breakable(_MARKS.sub(r"\1", shown))


def breakable(text: str) -> str:
    """Return a text with a place to break, U+200B, in every long word; more seldom where lines may break anywhere."""
    return _NEVER_BREAKS.sub("\\g<0>\u200b", _LONG_WORD.sub(_broken, text))


def _broken(word: re.Match[str]) -> str:
    """Return a long word with places to break; an address as it is, for it breaks at its signs and may be copied."""
    if word[0].startswith(("https://", "http://")) and len(word[0]) <= _ADDRESS_CHARACTERS_MAX:
        return word[0]
    return _WORD_PIECE.sub("\\g<0>\u200b", word[0])


def _printed(character: str, uncovered: frozenset[str]) -> str:
    if character == "\n":
        return character
    if character in uncovered:
        return f"[U+{ord(character):04X}]"
    category = unicodedata.category(character)
    if character in "\t\u2028\u2029" or category == "Zs":
        return " " if character not in "\u00a0\u202f\u2009\u3000" else character
    return "" if category in {"Cc", "Cs"} or character in "\u2060\ufeff" or _is_selector(character) else character
