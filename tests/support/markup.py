"""Looks at pages as a strict reader: well-formedness, ids, labels, headings, and where forms lead."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"meta", "link", "input", "br", "img", "hr"})
FOREIGN_VOID = frozenset({"rect", "circle", "line", "path"})
LABELLED = frozenset({"input", "select", "textarea"})


@dataclass
class Page:
    """What a page holds, and what is wrong with it."""

    faults: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)
    forms: list[dict[str, list[str]]] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    lang: str = ""
    dir: str = ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.open: list[str] = []
        self.labelled: set[str] = set()
        self.controls: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        names = [name for name, _ in attrs]
        if len(set(names)) != len(names):
            self.page.faults.append(f"<{tag}> has an attribute twice: {names}")
        for name in names:
            if name == "style" or name.startswith("on"):
                self.page.faults.append(f"<{tag}> has an inline {name}")
        self._note(tag, values)
        if tag not in VOID | FOREIGN_VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in FOREIGN_VOID:
            self.page.faults.append(f"<{tag}/> is closed in itself")
        self._note(tag, {name: value or "" for name, value in attrs})

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID | FOREIGN_VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.page.faults.append(f"</{tag}> at {self.getpos()} doesn't close what is open")

    def _note(self, tag: str, values: dict[str, str]) -> None:
        if "id" in values:
            self.page.ids.append(values["id"])
        if tag == "html":
            self.page.lang, self.page.dir = values.get("lang", ""), values.get("dir", "")
        if re.fullmatch(r"h[1-6]", tag):
            self.page.headings.append(int(tag[1]))
        if tag == "label":
            self.labelled.add(values.get("for", ""))
        if tag == "form":
            self.page.forms.append({})
            self.page.actions.append(values.get("action", ""))
        if tag in LABELLED:
            self._control(tag, values)

    def _control(self, tag: str, values: dict[str, str]) -> None:
        if values.get("type") != "hidden":
            self.controls.append((values.get("id", ""), "label" in self.open))
        is_off = values.get("type") in {"checkbox", "radio"} and "checked" not in values
        if self.page.forms and "name" in values and not is_off and tag == "input":
            self.page.forms[-1].setdefault(values["name"], []).append(values.get("value", "on"))


def read_page(markup: str) -> Page:
    """Return what a page holds, its faults listed."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    page = reader.page
    page.faults += [f"<{tag}> is never closed" for tag in reader.open]
    page.faults += [f"id {name} stands twice" for name in set(page.ids) if page.ids.count(name) > 1]
    page.faults += [
        f"control {name!r} has no label"
        for name, is_inside in reader.controls
        if not is_inside and name not in reader.labelled
    ]
    for before, after in zip(page.headings, page.headings[1:], strict=False):
        if after > before + 1:
            page.faults.append(f"a heading of level {after} follows one of level {before}")
    if page.headings.count(1) != 1:
        page.faults.append(f"{page.headings.count(1)} headings of level 1")
    return page
