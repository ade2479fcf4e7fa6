"""What the exceptions and stacks of an event say about its fault, without what differs from event to event (pure)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from detections.ingest.event.exception_tree import ExceptionNode, exception_tree
from detections.ingest.event.generated_names import minified, nameless, of_javascript, without_generated
from detections.ingest.event.parameterise import parameterise
from detections.ingest.event.source_files import is_builtin, is_script, is_url, stable_file, without_build_hash
from detections.ingest.event.titles import of_crash
from detections.ingest.protocol.coerce import Json

# Characters of a source line; of a longer one of a script the bundler is the author.
_MAX_SOURCE = 120
# Lines above which a stack is a recursion: each line counts once, so that its depth does not matter.
_DEEP = 60
# In what browsers say of a fault: (evaluating 'e.price'), n.total is not a function, t is undefined.
_MINIFIED_VARIABLE = re.compile(r"(?<![\w$.])[A-Za-z_$][\w$]?(?=\.[\w$]|[(\[]|[ ]is[ ])")
_OBFUSCATED_FILES = {"SourceFile", "Unknown Source", "ProGuard", "Proguard", "R8$$SyntheticClass"}
_MAPPED_FILE = re.compile(r"r8-map-id-[0-9a-f]{8,64}")


class Parts(NamedTuple):
    """Components of a group. `telling`: a function or a source line is named, which suffices to know the place."""

    components: list[str]
    telling: bool


class _FrameLine(NamedTuple):
    text: str
    telling: bool


_NOTHING = _FrameLine("", False)


def exception_group(event: Json) -> tuple[str, list[str]] | None:
    """Method and components of an event with exceptions; None for others, and where they have neither name nor text.

    By the stacks, where some frame names a function or a source line; else by type and parameterised value.
    """
    root = exception_tree(event)
    if root is None:
        return None
    own = _has_own_frames(event["exception"])
    components, telling = _Faults(event, own).of(root)
    if telling:
        return "in-app stack" if own else "stack", components
    if not root.members:
        components = [*components, _value(root)]
    return ("type and value", components) if any(components) else None


def frames_group(frames: list[Json]) -> tuple[bool, list[str]]:
    """Of a stack without exception whether its own frames are in-app, and its components; [] where it names no function
    and no source line."""
    own = _has_own_frames([{"frames": frames}])
    components, telling = _stack(frames, own=own)
    return own, components if telling else []


def main_exception(event: Json) -> dict[str, Any]:
    """The exception that gives the issue its name: the reported one; of a group whose members are one fault, its first
    member; {} when there is none."""
    chain: list[dict[str, Any]] = event.get("exception", [])
    if len(chain) < 2:
        return chain[0] if chain else {}
    node = exception_tree(event)
    if node is None:
        return {}
    faults = _Faults(event, _has_own_frames(chain))
    while node.members and faults.are_one(node.members):
        node = node.members[0]
    return node.exception


def _has_own_frames(stacks: list[dict[str, Any]]) -> bool:
    """Whether a frame of one of the stacks is in-app; the innermost call mostly is."""
    for stack in reversed(stacks):
        for frame in reversed(stack.get("frames", ())):
            if frame.get("in_app"):
                return True
    return False


class _Faults:
    """What the exceptions of one event say, each read once: a tree may be fifty groups deep, each with a long stack."""

    def __init__(self, event: Json, own: bool) -> None:
        self._event = event
        self._own = own
        self._read: dict[int, Parts] = {}

    def of(self, node: ExceptionNode) -> Parts:
        """Causes first, then members and what was suppressed, each kind of them once and in an order of its own, then
        the exception's type and frames. A group with one kind of member is that member, with the group's frames if need
        be."""
        if (found := self._read.get(id(node))) is None:
            found = self._read[id(node)] = self._parts(node)
        return found

    def are_one(self, members: list[ExceptionNode]) -> bool:
        """Whether all members of a group are one kind."""
        first, *others = members
        return not others or all(self._branch(each).components == self._branch(first).components for each in others)

    def _parts(self, node: ExceptionNode) -> Parts:
        stack, telling = _stack(node.exception.get("frames", []), own=self._own)
        branches = self._branches(node.members)
        if len(branches) == 1:
            (branch,) = branches
            return branch if branch.telling else Parts([*branch.components, *stack], telling)
        children = [*map(self.of, node.causes), *branches, *self._branches(node.suppressed)]
        kind = "" if telling and of_crash(node.exception, self._event) else _type(node.exception)
        components = [part for child in children for part in child.components]
        return Parts([*components, kind, *stack], telling or any(child.telling for child in children))

    def _branches(self, nodes: list[ExceptionNode]) -> list[Parts]:
        """The distinct ones, sorted: tasks fail in any order and any number."""
        found = {tuple(parts.components): parts for parts in map(self._branch, nodes)}
        return [found[key] for key in sorted(found)]

    def _branch(self, node: ExceptionNode) -> Parts:
        """Without a stack by the value, too."""
        parts = self.of(node)
        return parts if parts.telling or node.members else Parts([*parts.components, _value(node)], False)


def _value(node: ExceptionNode) -> str:
    """Without parameters and, in a browser's bundle, without a minifier's names of variables."""
    value = parameterise(node.exception.get("value", ""))
    return _MINIFIED_VARIABLE.sub("<name>", value) if _in_bundle(node.exception) else value


def _type(exception: dict[str, Any]) -> str:
    """Without a minifier's name of a class, which a bundle's next build gives to another one."""
    name: str = exception.get("type", "")
    if len(name) <= 3 and minified(name) and _in_bundle(exception):
        return ""
    return without_generated(name)


def _in_bundle(exception: dict[str, Any]) -> bool:
    return any(is_url(_path(frame)) for frame in exception.get("frames", ()))


def _stack(frames: list[Json], *, own: bool) -> Parts:
    """A line for each frame that is in-app, where `own`, else for each frame; repeated ones are merged."""
    lines: list[str] = []
    telling = False
    for frame in frames:
        if own and not frame.get("in_app"):
            continue
        line = _line(frame)
        telling = telling or line.telling
        if line.text and lines[-1:] != [line.text]:
            lines.append(line.text)
    if len(lines) > _DEEP:
        lines = list(dict.fromkeys(reversed(lines)))[::-1]
    return Parts(lines, telling)


def _path(frame: Json) -> str:
    """The URL or path of a frame's file; raven and Sentry keep a URL in `abs_path`, its path in `filename`."""
    filename: str = frame.get("filename", "")
    absolute: str = frame.get("abs_path", "")
    return absolute if not filename or is_url(absolute) else filename


def _line(frame: Json) -> _FrameLine:
    get = frame.get
    module, path, function = get("module", ""), _path(frame), get("function", "")
    if path and not get("lineno") and is_builtin(path):
        return _FrameLine(of_javascript(function), False)
    return _line_of(module, path, function, get("context_line", ""), get("package", ""))


@lru_cache(maxsize=8192)
def _line_of(module: str, path: str, function: str, source: str, package: str) -> _FrameLine:
    """Module (else file), function and source line, as far as the next build keeps them. Line numbers change with every
    edit; so do files of URLs, which are bundles."""
    script = is_script(path) or is_url(path)
    name = "" if nameless(function) else without_generated(of_javascript(function) if script else function)
    location = _location(module, path, package, script=script)
    if path in _OBFUSCATED_FILES or _MAPPED_FILE.fullmatch(path):
        location = ".".join(part for part in location.split(".") if not minified(part))
        name = "" if minified(name) else name
    if script and (len(source) > _MAX_SOURCE or "{snip}" in source):
        source = ""
    source = " ".join(source.split())[:_MAX_SOURCE]
    text = " | ".join(part for part in (location, name, source) if part)
    return _FrameLine(text, bool(name or source)) if text else _NOTHING


def _location(module: str, path: str, package: str, *, script: bool) -> str:
    if is_url(path):
        return ""
    if module:
        name = without_generated(module)
        return without_build_hash(f"{name}.js").removesuffix(".js") if script else name
    return stable_file(path) or without_generated(package.replace("\\", "/").rpartition("/")[2])
