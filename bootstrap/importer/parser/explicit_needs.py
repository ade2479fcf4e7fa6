"""The needs that an item's text names (pure): "needs `REDIS_URL`", "after the Sentry section", "requires FLAG_X=1".

Names follow the verb directly. Other words there are prose: "Requires Python 3.11" needs no item.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from bootstrap.importer.parsed_runbook import ItemRow, Note, SectionRow
from bootstrap.importer.vocabulary import FLAG, IDENTIFIER, pattern, short_title

# Characters of a text and of one "needs …" that are read; nobody writes it at greater length.
_LONGEST_TEXT, _LONGEST_CLAUSE = 20_000, 400
_VERB = pattern("needs.verb", r"(?<![\w-])(?:{})(?=[\s:*_`])")
_NOT = pattern("needs.not", r"(?:{})\s{1,3}\Z")
# Words such as "the" and "both" precede a name and are none themselves.
_NAME = pattern(
    "needs.filler",
    r"(?>[\s:]{0,5}(?i:(?:{})\s{1,3}){0,6})"
    r"(?:`(?P<code>[^`\n]{1,150})`|(?P<bare>[A-Za-z]\w{0,99}(?:-\w{1,60}){0,12})(?:=[^\s,;.)]{1,60})?(?![\w-]))",
    re.NOFLAG,
)
_AND = pattern("needs.and", r"\s{0,3}(?:{})")
_SECTION = re.compile(
    r"[\s:]{0,5}(?:(?:completing|finishing)\s{1,3})?(?:the\s{1,3})?(?P<titles>[^.;:()\n]{1,200}?)\s{1,3}(?:check-?lists?|sections?)\b",
    re.IGNORECASE,
)
_BETWEEN_TITLES = re.compile(r",|&|\band\b")
_FENCE = re.compile(r"^[ \t]{0,9}(```|~~~)", re.MULTILINE)
# A command or a single word in backticks is no name of an item: `docker`, `git pull`, `create_app()`.
_LIKE_A_KEY = re.compile(r"[A-Za-z]\w{0,99}?(?:[-_]\w{1,60}){1,12}")

_UNKNOWN = "needs {}, which no item of this checklist is called; it does not wait for it"


@dataclass(frozen=True)
class Clause:
    """One "needs …": the names after it and whether each is in backticks, whether one of them is enough, and what may
    be titles of sections.
    """

    names: dict[str, bool]
    one_of: bool
    titles: str


@dataclass
class Needs:
    """Keys of items, slugs of sections (both as ordered sets), and notes on what is unsure."""

    items: dict[str, None] = field(default_factory=dict)
    sections: dict[str, None] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


def clauses_in(text: str) -> Iterator[Clause]:
    """Each "needs …" in `text` (markdown) outside of code blocks."""
    prose = text[:_LONGEST_TEXT]
    if "```" in prose or "~~~" in prose:
        prose = "\n".join(_FENCE.split(prose)[::4])
    prose = prose.replace("**", "")
    verbs = list(_VERB.finditer(prose))
    ends = [*(verb.start() for verb in verbs[1:]), len(prose)]
    for verb, end in zip(verbs, ends, strict=False):
        if _NOT.search(prose[max(0, verb.start() - 15) : verb.start()]):
            continue
        clause = _clause(prose[verb.end() : min(end, verb.end() + _LONGEST_CLAUSE)])
        if clause.names or clause.titles:
            yield clause


def _clause(text: str) -> Clause:
    names: dict[str, bool] = {}
    one_of, at, is_complete = False, 0, False
    while not is_complete and (match := _NAME.match(text, at)):
        name = (match["code"] or match["bare"]).split("=", 1)[0].strip()
        if match["bare"] and not _is_name(name):
            break
        names.setdefault(name, match["code"] is not None)
        conjunction = _AND.match(text, match.end())
        is_complete = conjunction is None
        if conjunction:
            one_of = one_of or bool(conjunction["or"] or conjunction["either"])
            at = conjunction.end()
    title = None if is_complete else _SECTION.match(text, at)
    return Clause(names, one_of and (is_complete or len(names) > 1), title["titles"] if title else "")


def _is_name(word: str) -> bool:
    """Whether a word without code marks can be a key: an identifier, or written like a slug."""
    return IDENTIFIER.fullmatch(word) is not None or FLAG.fullmatch(word) is not None or "-" in word or "_" in word


class ChecklistNames:
    """Names of the items and sections of one checklist."""

    def __init__(self, sections: Sequence[SectionRow]) -> None:
        self.items: dict[str, str] = {item.key: item.key for section in sections for item in section.items}
        for section in sections:
            for item in section.items:
                for name in (item.flag, *item.variables):
                    self.items.setdefault(name, item.key)
        self.items.pop("", None)
        self.sections: dict[str, str] = {}
        for section in sections:
            for title in (section.slug, section.title, short_title(section.title)):
                self.sections[title.lower()] = section.slug

    def needs(self, item: ItemRow) -> Needs:
        """The needs that the text of `item` names; a question has none."""
        needs = Needs()
        if item.kind == "question":
            return needs
        for clause in (*clauses_in(item.text), *clauses_in(item.body)):
            keys = [key for name in clause.names if (key := self.items.get(name)) and key != item.key]
            if clause.one_of and keys:
                names = ", ".join(islice(clause.names, 5))
                needs.notes.append(Note(item.line, f"needs one of {names}; which is not said: it waits for none"))
            else:
                needs.items.update(dict.fromkeys(keys))
            unknown = [name for name, in_code in clause.names.items() if self._is_unknown(name, in_code)]
            needs.notes += [Note(item.line, _UNKNOWN.format(name)) for name in unknown]
            needs.sections.update(dict.fromkeys(self._titled(clause.titles)))
        return needs

    def _is_unknown(self, name: str, in_code: bool) -> bool:
        is_key = IDENTIFIER.fullmatch(name) or (in_code and _LIKE_A_KEY.fullmatch(name))
        return name not in self.items and bool(is_key)

    def _titled(self, titles: str) -> Iterator[str]:
        whole = self.sections.get(_bare(titles))
        for slug in [whole] if whole else map(self.sections.get, map(_bare, _BETWEEN_TITLES.split(titles))):
            if slug:
                yield slug


def _bare(title: str) -> str:
    words = title.strip(" \t`\"'*\u201c\u201d")
    return words.lower().removeprefix("the ")
