"""Passwords that a command line takes as an option of one letter: `curl -u ada:…`, `mysql -p…` (pure).

Also where the arguments are a list: `['mysql', '-phunter2']`. `docker run -p 80:80` and `psql -p 5432` name ports.
"""

from __future__ import annotations

import re

from opsconsole.lib.text.secret_numbers import FILTERED
from opsconsole.lib.text.secret_shapes import COMMANDS

_COMMAND = re.compile(rf"(?ai)\b({COMMANDS})\b([^\n]*)")
_WORD = r"(?:'[^'\n]+'|\"[^\"\n]+\"|[^\s\"']+)"
# From one argument to the next, on a line or in a list.
_NEXT = r"(?:\s+|[\"']{1,2}\s*,\s*[\"']{1,2})"
_USER = re.compile(rf"([\s\"'](?:-u|-U|--user|--proxy-user)(?:=|{_NEXT})?[\"']?[^\s\"':]{{1,100}}:)([^\s\"']+)")
_PASSWORD = re.compile(rf"([\s\"']-p{_NEXT}?)(?!-)({_WORD})")
_AUTH = re.compile(rf"([\s\"']-a{_NEXT}?)(?!-)({_WORD})")
_LDAP = re.compile(rf"([\s\"']-w{_NEXT}?)(?!-)({_WORD})")


def without_command_passwords(text: str) -> str:
    """The text with `[Filtered]` in place of the passwords of commands."""
    return _COMMAND.sub(_command, text)


def _command(match: re.Match[str]) -> str:
    program, rest = match.groups()
    option = _option(program.lower(), rest)
    return program + option.sub(rf"\1{FILTERED}", rest) if option else match.group()


def _option(program: str, rest: str) -> re.Pattern[str] | None:
    if program in {"curl", "wget"}:
        return _USER
    if program == "redis-cli":
        return _AUTH
    if program.startswith("ldap"):
        return _LDAP
    if program in {"docker", "podman", "helm"}:
        return _PASSWORD if "login" in rest else None
    return _PASSWORD
