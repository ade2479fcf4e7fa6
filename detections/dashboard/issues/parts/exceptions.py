"""The exceptions of an event as a tree: causes, members of groups, suppressed ones (pure)."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from detections.dashboard.issues.parts.frames import FrameGroup, frame_groups, thread_name
from detections.dashboard.issues.parts.values import Json, mapping, objects, pairs, value_text, whole

# Deeper exceptions are indented as much.
MAX_INDENT = 6
# Characters that the outline shows of type and value.
LONGEST_TITLE = 160
# `exceptions[0]` of Python, `errors[1]` of JavaScript, `InnerExceptions[2]` of .NET.
_MEMBER = re.compile(r"\w{1,40}\[\d{1,6}\]")
_CAUSE = "raised earlier, the cause"


@dataclass(frozen=True)
class RaisedException:
    """One exception, with its frames in groups.

    `relation` says what it is to the one above it ('' for the reported one), `indent` how deep it is in the tree,
    `thread` whose stack it has, `details` what the SDK tells about how it was caught.
    """

    type: str
    value: str
    module: str
    handled: bool | None
    details: list[tuple[str, str]]
    frame_groups: list[FrameGroup]
    relation: str = ""
    indent: int = 0
    thread: str = ""

    @property
    def title(self) -> str:
        """`Type: value`; the outline shows its beginning."""
        return ": ".join(filter(None, (self.type or "Exception", self.value)))

    @property
    def tells_more(self) -> bool:
        """Whether there is more to show than the outline's line; mostly a stack."""
        return bool(self.frame_groups or self.details or self.module) or len(self.title) > LONGEST_TITLE


class _Place(NamedTuple):
    """An exception as stored, its depth in the tree and its relation to the exception above it."""

    link: Json
    depth: int
    relation: str


def exception_list(body: Json) -> list[RaisedException]:
    """The exceptions, the reported one first, each before its causes and members. An event without exceptions that has
    a stack is one exception without a type."""
    threads = {str(each["id"]): thread_name(each) for each in objects(body.get("threads")) if each.get("id")}
    chain = objects(body.get("exception"))
    if not chain and body.get("frames"):
        chain = [{name: body[name] for name in ("frames", "frames_omitted", "thread_id") if name in body}]
    return [_raised(place, threads) for place in _tree(chain)]


def is_branched(exceptions: list[RaisedException]) -> bool:
    """Whether there is more than a chain of causes, so that an outline helps."""
    return any(each.relation and not each.relation.startswith(_CAUSE) for each in exceptions)


def _raised(place: _Place, threads: dict[str, str]) -> RaisedException:
    each = place.link
    mechanism = mapping(each.get("mechanism"))
    handled = mechanism.get("handled")
    return RaisedException(
        type=str(each.get("type") or ""),
        value=value_text(each.get("value") or ""),
        module=str(each.get("module") or ""),
        handled=handled if isinstance(handled, bool) else None,
        details=_details(mechanism),
        frame_groups=frame_groups(each),
        relation=place.relation,
        indent=min(place.depth, MAX_INDENT),
        thread=threads.get(str(each.get("thread_id")), ""),
    )


def _details(mechanism: Json) -> list[tuple[str, str]]:
    """Mechanism, description, link, and the signal, code or data that the SDK adds."""
    kind = mechanism.get("type")
    shown = {} if kind in (None, "", "generic", "chained", "suppressed") else {"mechanism": kind}
    shown |= {name: mechanism[name] for name in ("description", "help_link") if mechanism.get(name)}
    return pairs(shown) + pairs(mechanism.get("meta")) + pairs(mechanism.get("data"))


def _tree(chain: list[Json]) -> list[_Place]:
    """The exceptions from the reported one (sent last) downwards. Without ids each is a cause of those above it."""
    newest_first = chain[::-1]
    if len(chain) > 1 and all(mapping(link.get("mechanism")).get("is_exception_group") is True for link in chain):
        # sentry-go before 0.36 calls each error of a chain a group and numbers them from the innermost one.
        return [_Place(link, index, _CAUSE if index else "") for index, link in enumerate(newest_first)]
    by_id: dict[int, int] = {}
    for index, link in enumerate(newest_first):
        if (number := _id(link, "exception_id")) is not None:
            by_id.setdefault(number, index)
    children: dict[int, list[int]] = defaultdict(list)
    roots: list[int] = []
    for index, link in enumerate(newest_first):
        above = _id(link, "parent_id")
        parent = None if above is None else by_id.get(above)
        (roots if parent is None or parent == index else children[parent]).append(index)
    for members in children.values():
        members.sort(key=lambda index: _id(newest_first[index], "exception_id") or 0)
    return _walk(newest_first, roots, children)


def _walk(links: list[Json], roots: list[int], children: dict[int, list[int]]) -> list[_Place]:
    """Each exception once, before those below it; those whose parents form a circle come last."""
    places: list[_Place] = []
    seen: set[int] = set()
    for root in (*roots, *range(len(links))):
        waiting = [(root, 0, _CAUSE if places else "")]
        while waiting:
            index, depth, relation = waiting.pop()
            if index in seen:
                continue
            seen.add(index)
            places.append(_Place(links[index], depth, relation))
            below = children.get(index, [])
            waiting += [(child, depth + 1, _relation(links[child], links[index])) for child in reversed(below)]
    return places


def _relation(link: Json, parent: Json) -> str:
    """What the exception is to its parent, in words."""
    mechanism = mapping(link.get("mechanism"))
    source = str(mechanism.get("source") or "")
    above = str(parent.get("type") or "the exception above")
    if "suppressed" in (mechanism.get("type"), source):
        return f"suppressed while {above} was raised"
    if source == "__context__":
        return f"{_CAUSE}: {above} was raised while this was handled"
    is_group = mapping(parent.get("mechanism")).get("is_exception_group") is True
    if _MEMBER.fullmatch(source) or (is_group and not source):
        return f"in the group {above}"
    return f"{_CAUSE} of {above}"


def _id(link: Json, name: str) -> int | None:
    return whole(mapping(link.get("mechanism")).get(name))
