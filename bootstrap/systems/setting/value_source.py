"""Shell code that prints a value for the command that sets it: a known one, a fresh one, or one that is asked (pure).

A value that is asked is read from the terminal without being shown and goes into a variable of a subshell: it is in no
history, in no argument of a program that a process list shows, and gone afterwards. Works in sh, bash, dash and zsh.
"""

from __future__ import annotations

import shlex

# The tools print the value that they set; no secret may get into a terminal's scrollback or a log.
SILENCE = ">/dev/null 2>&1"
# Until Ctrl-D and not `read`: keys have lines. On Ctrl-C the echo comes back and nothing is set. A terminal cuts lines
# after 4095 bytes without a word: such a value is refused, as its end is lost.
_ASK = (
    "printf '%s: paste the value, then Enter and Ctrl-D: ' {name} >&2; trap 'stty echo; exit 1' INT; "
    "stty -echo 2>/dev/null; LC_ALL=C awk 'length>4094{{e=1}}1;END{{exit e}}'; s=$?; stty echo 2>/dev/null; echo >&2; "
    "[ $s = 0 ] || {{ echo 'a line is longer than a terminal takes, 4094 bytes' >&2; exit 1; }}"
)
_FAILS = "s=$?; echo 'not set' >&2; exit $s"


def source(name: str, value: str | None, generator: str) -> str:
    """What stands between `$(` and `)`: prints `value`, or what the generator makes, or else asks for it."""
    if value is not None:
        return f"printf %s {shlex.quote(value)}"
    return generator.strip() or _ASK.format(name=shlex.quote(name))


def is_pipeable(generator: str) -> bool:
    """Whether a generator, which came out of a runbook, is one command that can stand within `$(…)`."""
    text = generator.strip()
    if not text or "#" in text or not text.isprintable() or text.count("(") != text.count(")"):
        return False
    try:
        shlex.split(text)
    except ValueError:
        return False
    return not text.endswith(("\\", "|", "&", ";"))


def held(source_code: str, command: str, before: str = "") -> str:
    """`command` in a subshell whose variable `v` has the value; nothing happens where the value is empty.

    The tools are silent, so that it is the subshell that says when a value was not set.
    """
    return f'({before}v=$({source_code}) && [ -n "$v" ] && {command} || {{ {_FAILS}; }})'
