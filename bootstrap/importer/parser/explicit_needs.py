"""What an item's own words say it needs (pure): "needs `REDIS_URL`", "after the Sentry section", "requires FLAG_X=1".

Names follow the verb directly. Other words there are prose: "Requires Python 3.11" needs no item.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bootstrap.importer.parsed import ItemRow, Note, SectionRow
from bootstrap.importer.vocabulary import FLAG, IDENTIFIER, pattern, short_title

# Nobody says what an item needs at greater length.
_LONGEST_TEXT, _LONGEST_CLAUSE = 20_000, 400
_VERB = pattern("needs.verb", r"(?<![\w-])(?:{})(?=[\s:*_`])")
_NOT = pattern("needs.not", r"(?:{})\s{1,3}\Z")
_FILLER = pattern("needs.filler", r"[\s:]{0,5}(?:(?:{})\s{1,3}){0,6}")
_NAME = re.compile(
    r"`(?P<code>[^`\n]{1,150})`|(?P<bare>[A-Za-z]\w{0,99}(?:-\w{1,60}){0,12})(?:=[^\s,;.)]{1,60})?(?![\w-])"
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
    """One "needs …": the names after it, whether one of them is enough, and what may be titles of sections."""

    names: tuple[str, ...] = ()
    quoted: frozenset[str] = frozenset()
    one_of: bool = False
    titles: str = ""


@dataclass(frozen=True)
class Needs:
    """Keys of items, slugs of sections, and what was unsure."""

    items: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


def clauses_in(text: str) -> Iterator[Clause]:
    """What `text` (markdown) says is needed. Code blocks say nothing."""
    said = _without_code(text[:_LONGEST_TEXT]).replace("**", "")
    verbs = list(_VERB.finditer(said))
    for position, verb in enumerate(verbs):
        if _NOT.search(said[max(0, verb.start() - 15) : verb.start()]):
            continue
        end = verbs[position + 1].start() if position + 1 < len(verbs) else len(said)
        clause = _clause(said[verb.end() : min(end, verb.end() + _LONGEST_CLAUSE)])
        if clause.names or clause.titles:
            yield clause


def _without_code(text: str) -> str:
    return "\n".join(_FENCE.split(text)[::4]) if "```" in text or "~~~" in text else text


def _clause(text: str) -> Clause:
    names: dict[str, bool] = {}
    one_of, at = False, 0
    while found := _NAME.match(text, _end(_FILLER.match(text, at))):
        name = (found["code"] or found["bare"]).split("=", 1)[0].strip()
        if found["bare"] and not _is_name(name):
            break
        names.setdefault(name, found["code"] is not None)
        and_ = _AND.match(text, found.end())
        if and_ is None:
            return Clause(tuple(names), frozenset(name for name in names if names[name]), one_of)
        one_of = one_of or bool(and_["or"] or and_["either"])
        at = and_.end()
    title = _SECTION.match(text, at)
    quoted = frozenset(name for name in names if names[name])
    return Clause(tuple(names), quoted, one_of and len(names) > 1, title["titles"] if title else "")


def _end(found: re.Match[str] | None) -> int:
    return found.end() if found else 0


def _is_name(word: str) -> bool:
    """Whether a word that is no code can be a key: it has capitals and underscores, or is written like a slug."""
    return IDENTIFIER.fullmatch(word) is not None or FLAG.fullmatch(word) is not None or "-" in word or "_" in word


class Names:
    """What items and sections of one checklist are called."""

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
        """What the words of `item` say it needs. A question asks, it says nothing."""
        if item.kind == "question":
            return Needs()
        items: dict[str, None] = {}
        sections: dict[str, None] = {}
        notes: list[Note] = []
        for clause in (*clauses_in(item.text), *clauses_in(item.body)):
            found = [key for name in clause.names if (key := self.items.get(name)) and key != item.key]
            if clause.one_of and found:
                notes.append(
                    Note(item.line, f"needs one of {_listed(clause.names)}; which is not said: it waits for none")
                )
            else:
                items.update(dict.fromkeys(found))
            notes += [Note(item.line, _UNKNOWN.format(name)) for name in clause.names if self._is_unknown(name, clause)]
            sections.update(dict.fromkeys(self._titled(clause.titles)))
        return Needs(tuple(items), tuple(sections), tuple(notes))

    def _is_unknown(self, name: str, clause: Clause) -> bool:
        looks = IDENTIFIER.fullmatch(name) or (name in clause.quoted and _LIKE_A_KEY.fullmatch(name))
        return name not in self.items and bool(looks)

    def _titled(self, titles: str) -> Iterator[str]:
        whole = self.sections.get(_bare(titles))
        for slug in [whole] if whole else map(self.sections.get, map(_bare, _BETWEEN_TITLES.split(titles))):
            if slug:
                yield slug


def _bare(title: str) -> str:
    words = title.strip(" \t`\"'*\u201c\u201d")
    return words.lower().removeprefix("the ")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:5])
