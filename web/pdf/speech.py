"""What the parts of a printed agenda share: its edition, its words in one language, and texts as they are shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from web.editions.edition import Edition, Shown, Text
from web.i18n import Language, direction
from web.pdf.blocks import Block, Paragraph, Prose, Run, Runs, Table, Words, cell, lines_of, words
from web.present import paragraphs

Parameters = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Speech:
    """An edition with the language that it is printed in."""

    edition: Edition
    language: Language

    def name(self, member: str) -> str:
        """Return a member's name; among words from right to left so that its direction changes nothing else."""
        name = self.edition.name_of(member)
        return _kept_together(name) if self.language.dir == "rtl" else name

    def title(self, text: Text) -> Run:
        """Return a text's title, in this language if it has been translated."""
        if text.state == "held":
            shown = text.into(self.language.code)
            return self.foreign(shown.title or text.title, shown.lang if shown.title else text.lang)
        if text.state == "erased":
            return Run(self.language.gettext("Text erased"), style="quiet")
        return Run(self.language.gettext("Text not yet here"), style="quiet")

    def foreign(self, said: str, lang: str) -> Run:
        """Return words that are in some language; in a paragraph of this one they keep their own direction."""
        if lang.partition("-")[0] == self.language.code:
            return Run(said)
        return Run(_kept_together(said) if direction(lang) != self.language.dir else said, lang, direction(lang))

    def prose(self, text: Text) -> tuple[Block, ...]:
        """Return a text in this language where it has been translated, and the original."""
        if text.state == "erased" and text.erased is not None:
            return (Paragraph(words(self._erased(text)), "small"),)
        if text.state != "held":
            return (Paragraph(words(self.language.gettext("This text has not reached this node yet.")), "small"),)
        shown = text.into(self.language.code)
        original = text.into(text.lang)
        if shown.by is None:
            return (*self._original_label(text, is_alone=True), *self.body(original))
        note = self.language.gettext("Translation into %(language)s by %(member)s. The original is what counts.")
        values = {"language": self.language.language_name(shown.lang), "member": self.name(shown.by)}
        return (
            Paragraph(words(note % values), "label"),
            *self.body(shown),
            *self._original_label(text, is_alone=False),
            *((Paragraph((self.foreign(original.title, original.lang),)),) if original.title else ()),
            *self.body(original),
        )

    def body(self, shown: Shown) -> tuple[Block, ...]:
        """Return a text's paragraphs, why it can't wait last."""
        blocks: list[Block] = [prose_of(shown.body, shown.lang)] if shown.body else []
        if shown.urgency:
            blocks += [
                Paragraph(words(self.language.gettext("Why it can't wait")), "label"),
                prose_of(shown.urgency, shown.lang),
            ]
        return tuple(blocks)

    def table(self, caption: str, head: Iterable[str], rows: Iterable[Iterable[Words]], wide: int = 0) -> Table:
        """Return a table whose columns are figures but the one that is wide."""
        names = tuple(words(name) for name in head)
        places = range(len(names))
        return Table(
            caption=words(caption),
            head=names,
            rows=tuple(map(tuple, rows)),
            widths=tuple(1 if place == wide else 0 for place in places),
            aligned=tuple("start" if place <= wide else "end" for place in places),
        )

    def figure(self, value: int) -> Words:
        """Return a table's cell with a number."""
        return cell(self.language.number(value))

    def per_cent(self, value: int | None) -> str:
        """Return hundredths as a share in words, or a dash."""
        return "–" if value is None else self.language.percent(value / 100)

    def _original_label(self, text: Text, *, is_alone: bool) -> tuple[Block, ...]:
        if is_alone and text.lang.partition("-")[0] == self.language.code:
            return ()
        label = self.language.gettext("Original in %(language)s")
        return (Paragraph(words(label % {"language": self.language.language_name(text.lang)}), "label"),)

    def _erased(self, text: Text) -> str:
        if text.erased is None:
            return ""
        said = self.language.gettext("This text was erased on %(date)s by %(member)s. Its hash stays.")
        return said % {"date": self.language.date(text.erased.at), "member": self.name(text.erased.by)}


def prose_of(body: str, lang: str) -> Prose:
    """Return a text that somebody wrote as paragraphs in its own language and direction."""
    return Prose(lang, direction(lang), lines_of(paragraphs(body)))


def joined(*parts: Run | str) -> Runs:
    """Return runs side by side."""
    return tuple(Run(part) if isinstance(part, str) else part for part in parts)


def _kept_together(said: str) -> str:
    """Return words of another direction so that what stands around them doesn't change their order."""
    inside = "".join(character for character in said if character not in "\u2066\u2067\u2068\u2069")
    return f"\u2068{inside}\u2069"
