"""Flags that an application's source names (pure but for reading files): every `FLAG_…`, and calls with a known alias.

The number and size of files are bounded, links are not followed, and files skipped for their size are listed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bootstrap.systems.value_rules.flags import IN_SOURCE, PREFIXES

# Written by tools, or third-party code.
SKIPPED_DIRECTORIES = frozenset(
    (
        *(".git", ".hg", ".svn", "node_modules", "venv", ".venv", "virtualenv", "site-packages", "__pycache__", ".tox"),
        *(".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".eggs", "dist", "build", "target", "vendor"),
        "bower_components",
    )
)
# Texts about the application: a flag of last year in a changelog is not one that the source reads.
SKIPPED_ENDINGS = frozenset({".md", ".rst", ".adoc", ".txt", ".lock", ".map", ".svg"})
# Longer files are generated; more files than these are a disk, not a source.
LARGEST_FILE = 2_000_000
MOST_FILES = 100_000
IGNORED = b"checklist-lint: ignore"
# The text before a quoted alias in a call that queries it: is_enabled("sentry_backend").
_ASKED = re.compile(rb"(?:enabled|flag|feature|active|toggle)\w{0,40}\(\s{0,20}[\"']\Z", re.IGNORECASE)
_BEFORE = 80  # bytes looked at before an alias


@dataclass(frozen=True)
class Mention:
    """A place where the source names a flag; `file` is relative to the source, `line` counts from 1."""

    flag: str
    file: str
    line: int


@dataclass
class Scan:
    """Mentions, and the number of files read. `too_large` were not read; `cut`: there were more than MOST_FILES."""

    mentions: list[Mention] = field(default_factory=list)
    files: int = 0
    too_large: list[str] = field(default_factory=list)
    cut: bool = False


def scan(source: Path, aliases: Mapping[str, str]) -> Scan:
    """All mentions below `source`, by file and line. `aliases` maps other names of flags to theirs."""
    result = Scan()
    quoted = re.compile(b"[\"'](%s)[\"']" % b"|".join(re.escape(alias.encode()) for alias in aliases))
    for path in _files(source):
        if result.files >= MOST_FILES:
            result.cut = True
            break
        name = os.fsencode(path.relative_to(source)).decode("utf-8", "replace")
        data = _text(path, name, result)
        if data is not None:
            result.files += 1
            places = [*_flags(data), *(_asked(data, quoted, aliases) if aliases else ())]
            result.mentions += _mentions(data, name, sorted(places))
    return result


def _files(source: Path) -> Iterator[Path]:
    """Files in a stable order; links are left out, so that none leads in a circle or away."""
    for folder, folders, names in os.walk(source, followlinks=False):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_DIRECTORIES)
        for name in sorted(names):
            path = Path(folder, name)
            if path.suffix.lower() not in SKIPPED_ENDINGS and path.is_file() and not path.is_symlink():
                yield path


def _text(path: Path, name: str, result: Scan) -> bytes | None:
    """The bytes of a text file; None for a binary, an unreadable or a too large one."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError:
        return None
    if b"\0" in data[:8192]:
        return None
    if len(data) > LARGEST_FILE:
        result.too_large.append(name)
        return None
    return data


def _flags(data: bytes) -> Iterator[tuple[int, str]]:
    """(offset, flag) of every name."""
    if any(prefix.encode() in data for prefix in PREFIXES):
        yield from ((match.start(), match.group().decode()) for match in IN_SOURCE.finditer(data))


def _asked(data: bytes, quoted: re.Pattern[bytes], aliases: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """(offset, flag) of every call that asks for a flag by another name."""
    for match in quoted.finditer(data):
        if _ASKED.search(data, max(0, match.start() - _BEFORE), match.start() + 1):
            yield match.start(1), aliases[match[1].decode()]


def _mentions(data: bytes, name: str, places: Sequence[tuple[int, str]]) -> Iterator[Mention]:
    """Places with their lines, without those on lines that ask to be passed over."""
    line, counted = 1, 0
    for start, flag in places:
        line += data.count(b"\n", counted, start)
        counted = start
        end = data.find(b"\n", start)
        if IGNORED not in data[data.rfind(b"\n", 0, start) + 1 : end if end >= 0 else len(data)]:
            yield Mention(flag, name, line)
