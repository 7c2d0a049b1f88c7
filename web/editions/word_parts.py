"""The parts of a Word document that are the same in every one: what it holds, and how it looks."""

from typing import Final

_DECLARED: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_WORD: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_FONT: Final = "Noto Sans"

CONTENT_TYPES: Final = f"""{_DECLARED}<Types xmlns="{_PACKAGE}/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/word/document.xml" ContentType="{_TYPE}.document.main+xml"/>
<Override PartName="/word/styles.xml" ContentType="{_TYPE}.styles+xml"/>
<Override PartName="/word/settings.xml" ContentType="{_TYPE}.settings+xml"/>
<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>
</Types>
"""

RELATIONS: Final = f"""{_DECLARED}<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>
<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>
</Relationships>
"""

DOCUMENT_RELATIONS: Final = f"""{_DECLARED}<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_OFFICE}/styles" Target="styles.xml"/>
<Relationship Id="rId2" Type="{_OFFICE}/settings" Target="settings.xml"/>
</Relationships>
"""

SETTINGS: Final = f"""{_DECLARED}<w:settings xmlns:w="{_WORD}">
<w:defaultTabStop w:val="709"/>
<w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/>
</w:compat>
</w:settings>
"""


def _style(id_: str, name: str, paragraph: str, run: str, based_on: str = "Normal", kind: str = "paragraph") -> str:
    based = f'<w:basedOn w:val="{based_on}"/>' if based_on else ""
    default = ' w:default="1"' if id_ == "Normal" else ""
    properties = f"<w:pPr>{paragraph}</w:pPr>" if paragraph else ""
    look = f"<w:rPr>{run}</w:rPr>" if run else ""
    return (
        f'<w:style w:type="{kind}"{default} w:styleId="{id_}"><w:name w:val="{name}"/>{based}<w:qFormat/>'
        f"{properties}{look}</w:style>\n"
    )


def _size(half_points: int) -> str:
    return f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>'


_BOLD: Final = "<w:b/><w:bCs/>"
_KEPT: Final = "<w:keepNext/><w:keepLines/>"
_BORDERS: Final = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="A6A6A6"/>' for side in ("top", "bottom", "insideH")
)

STYLES: Final = (
    f'{_DECLARED}<w:styles xmlns:w="{_WORD}">\n<w:docDefaults><w:rPrDefault><w:rPr>'
    f'<w:rFonts w:ascii="{_FONT}" w:hAnsi="{_FONT}" w:eastAsia="Noto Sans CJK SC" w:cs="Noto Naskh Arabic"/>'
    f'{_size(21)}<w:lang w:val="en" w:eastAsia="zh-CN" w:bidi="ar"/></w:rPr></w:rPrDefault>'
    '<w:pPrDefault><w:pPr><w:spacing w:after="120" w:line="276" w:lineRule="auto"/></w:pPr></w:pPrDefault>'
    "</w:docDefaults>\n"
    + _style("Normal", "Normal", "", "", based_on="")
    + _style("Title", "Title", _KEPT, _BOLD + _size(44))
    + _style("Subtitle", "Subtitle", '<w:spacing w:after="360"/>', _size(28))
    + _style("Heading1", "heading 1", f'{_KEPT}<w:spacing w:before="480"/><w:outlineLvl w:val="0"/>', _BOLD + _size(32))
    + _style("Heading2", "heading 2", f'{_KEPT}<w:spacing w:before="360"/><w:outlineLvl w:val="1"/>', _BOLD + _size(26))
    + _style("Heading3", "heading 3", f'{_KEPT}<w:spacing w:before="240"/><w:outlineLvl w:val="2"/>', _BOLD + _size(22))
    + _style("Text", "Text", "", "")
    + _style("Lead", "Lead", "", _size(24))
    + _style("Small", "Small", "", _size(18))
    + _style("Label", "Label", "<w:keepNext/>", '<w:color w:val="595959"/>' + _size(18))
    + _style("Entry", "Entry", '<w:ind w:start="283" w:hanging="283"/>', "")
    + _style("Caption", "caption", "<w:keepNext/>", _BOLD + _size(18))
    + _style("TableHead", "Table head", '<w:spacing w:before="40" w:after="40"/>', _BOLD + _size(18))
    + _style("TableCell", "Table cell", '<w:spacing w:before="40" w:after="40"/>', _size(18))
    + _style("Code", "Code", "", '<w:rFonts w:ascii="Noto Sans Mono" w:hAnsi="Noto Sans Mono"/>', "", "character")
    + '<w:style w:type="table" w:styleId="TableGrid"><w:name w:val="Table Grid"/><w:tblPr>'
    f'<w:tblBorders>{_BORDERS}</w:tblBorders><w:tblCellMar><w:left w:w="80" w:type="dxa"/>'
    '<w:right w:w="80" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>\n</w:styles>\n'
)
