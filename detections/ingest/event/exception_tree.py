"""Reads the exceptions of an event as the tree that their mechanisms describe (pure).

SDKs send the reported exception last. `exception_id` and `parent_id` give the tree; `source` says what a child is to
its parent: a cause (`__cause__`, `__context__`, `cause`, `InnerException`), suppressed beside it, or a member of its
group (`exceptions[0]`, `errors[0]`, `InnerExceptions[0]`). Without ids each one is a cause of the reported exception.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from detections.ingest.protocol.coerce import Json

_CAUSES = {"__cause__", "__context__", "cause", "innerexception", "getcause"}


@dataclass(slots=True)
class ExceptionNode:
    """One exception with its causes, with the members of its group, and with what was suppressed beside it."""

    exception: dict[str, Any]
    causes: list[ExceptionNode] = field(default_factory=list)
    members: list[ExceptionNode] = field(default_factory=list)
    suppressed: list[ExceptionNode] = field(default_factory=list)


def exception_tree(event: Json) -> ExceptionNode | None:
    """The reported exception with all others below it, each once; None where the event has none. Ids that are missing,
    doubled, unknown or in a circle make an exception a child of the reported one."""
    chain: list[dict[str, Any]] = event.get("exception", [])
    if not chain:
        return None
    nodes = [ExceptionNode(exception) for exception in chain]
    if len(chain) == 1 or all(_mechanism(exception).get("is_exception_group") for exception in chain):
        # Versions of sentry-go call each error of a chain a group and number them from the innermost one.
        nodes[-1].causes = nodes[:-1]
        return nodes[-1]
    root = _root(chain)
    parents = _parents(chain, root)
    for index, node in enumerate(nodes):
        if index != root:
            _place(node, nodes[parents[index]])
    for node in nodes:
        node.members.sort(key=lambda member: _mechanism(member.exception).get("exception_id", 0))
    return nodes[root]


def _mechanism(exception: dict[str, Any]) -> dict[str, Any]:
    mechanism: dict[str, Any] = exception.get("mechanism", {})
    return mechanism


def _root(chain: list[dict[str, Any]]) -> int:
    """The last exception; where it has a parent, the last one of those with an id that have none."""
    if "parent_id" in _mechanism(chain[-1]):
        for index in range(len(chain) - 1, -1, -1):
            if (mechanism := _mechanism(chain[index])) and "exception_id" in mechanism and "parent_id" not in mechanism:
                return index
    return len(chain) - 1


def _parents(chain: list[dict[str, Any]], root: int) -> list[int]:
    """By position, the position of the parent; every way up ends at `root`."""
    places: dict[int, int] = {}
    for index, exception in enumerate(chain):
        if (number := _mechanism(exception).get("exception_id")) is not None:
            places.setdefault(number, index)
    parents = [places.get(_mechanism(exception).get("parent_id", -1), root) for exception in chain]
    parents[root] = root
    for index in range(len(chain)):
        at, seen = index, {index}
        while (at := parents[at]) != root:
            if at in seen:
                parents[index] = root
                break
            seen.add(at)
    return parents


def _place(node: ExceptionNode, parent: ExceptionNode) -> None:
    mechanism = _mechanism(node.exception)
    source = mechanism.get("source", "").lower()
    if mechanism.get("type") == "suppressed" or source.startswith("suppressed"):
        parent.suppressed.append(node)
    elif _mechanism(parent.exception).get("is_exception_group") and "parent_id" in mechanism and source not in _CAUSES:
        parent.members.append(node)
    else:
        parent.causes.append(node)
