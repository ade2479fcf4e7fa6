"""Passwords that a command line takes as an option of one letter: `curl -u ada:…`, `mysql -p…` (pure).

Also where the arguments are a list: `['mysql', '-phunter2']`, and where one command runs or follows another:
`docker exec db mysql -p…`. `docker run -p 80:80` and `psql -p 5432` name ports.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from opsconsole.lib.text.secret_numbers import FILTERED
from opsconsole.lib.text.secret_shapes import COMMANDS

_COMMAND = re.compile(rf"(?ai)\b({COMMANDS})\b([^\n]*)")
# A further command of the line, not the name of a host or container.
_FURTHER = re.compile(rf"(?ai)(?<![\w.=@:-])(?:{COMMANDS})(?=[\s\"'])")
_NAMES = re.compile(r"(?ai)[\s\"'](?:--[a-z-]*(?:name|host|net|network|link|alias)|-h)[\s\"',=]+[^\s\"',]*\Z")
_WORD = r"(?:'[^'\n]+'|\"[^\"\n]+\"|[^\s\"']+)"
# From one argument to the next, on a line or in a list.
_NEXT = r"(?:\s+|[\"']{1,2}\s*,\s*[\"']{1,2})"
_USER = re.compile(rf"([\s\"'](?:-u|-U|--user|--proxy-user)(?:=|{_NEXT})?[\"']?[^\s\"':]{{1,100}}:)([^\s\"']+)")
_PORTS = r"[0-9.:]*:[0-9]+(?:/\w+)?(?![^\s\"'])"
_PASSWORD = re.compile(rf"([\s\"']-p{_NEXT}?)(?!-|{_PORTS})({_WORD})")
# Programs whose `-p` is a port, wherever another one's name stands before: `docker exec mysql psql -p 5432`.
_HAVE_PORTS = re.compile(r"(?a)[\s\"'](?:psql|pg_\w+|createdb|dropdb|vacuumdb|ssh|nmap|nc|telnet)[\s\"',]")
_PORT = re.compile(r"[\"']?[0-9]{2,5}[\"']?")
_AUTH = re.compile(rf"([\s\"']-a{_NEXT}?)(?!-)({_WORD})")
_LDAP = re.compile(rf"([\s\"']-w{_NEXT}?)(?!-)({_WORD})")


def without_command_passwords(text: str) -> str:
    """The text with `[Filtered]` in place of the passwords of commands."""
    return _COMMAND.sub(_command, text)


def _command(match: re.Match[str]) -> str:
    """The rest of a line without the passwords of its commands; each kind of option is read once."""
    line = match.group()
    login = line.rfind("login")
    first: dict[re.Pattern[str], int] = {}
    for at, program in _programs(match):
        option = _option(program, login > at)
        if option:
            first.setdefault(option, at + len(program))
    for option, at in sorted(first.items(), key=lambda item: item[1], reverse=True):
        line = line[:at] + _without_option(line[at:], option)
    return line


def _without_option(line: str, option: re.Pattern[str]) -> str:
    ported = _HAVE_PORTS.search(line) if option is _PASSWORD else None
    if not ported:
        return option.sub(rf"\1{FILTERED}", line)
    rest = ported.start()

    def filtered(match: re.Match[str]) -> str:
        port = match.start() > rest and _PORT.fullmatch(match.group(2))
        return match.group() if port else f"{match.group(1)}{FILTERED}"

    return option.sub(filtered, line)


def _programs(match: re.Match[str]) -> Iterator[tuple[int, str]]:
    """The programs that the line runs, with their positions in it."""
    line, program = match.group(), match.group(1).lower()
    yield 0, program
    for further in _FURTHER.finditer(line, len(program)):
        at = further.start()
        if not _NAMES.search(line[max(0, at - 40) : at]):
            yield at, further.group().lower()


def _option(program: str, login: bool) -> re.Pattern[str] | None:
    if program in {"curl", "wget"}:
        return _USER
    if program == "redis-cli":
        return _AUTH
    if program.startswith("ldap"):
        return _LDAP
    if program in {"docker", "podman", "helm"}:
        return _PASSWORD if login else None
    return _PASSWORD
