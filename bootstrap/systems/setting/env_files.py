"""Commands that change one variable of a file of `NAME="value"` lines, as Compose, systemd and shells read it (pure).

A variable that is there is replaced where it stands, also one over several lines and one that is there twice; all other
lines, the owner and the mode of the file stay. A new file is readable by its owner only.
"""

from __future__ import annotations

import shlex

# What a backslash protects within double quotes. Compose keeps the backslash of any other escape.
_COMPOSE = r"\"$"
_SHELL = r"\"$`"

# Reads lines; `h`: this variable is `n`, `q`: the quote that is open at the end of the line.
_READ = (
    r'{r=$0}!q{t=$0;sub(/^[ \t]*(export[ \t]+)?/,"",t);k=t;sub(/[ \t]*[=:].*/,"",k);h=(k==n);r=t;'
    r'sub(/^[^=:]*[=:]?[ \t]*/,"",r);q=substr(r,1,1);if(t~/^#/||(q!="\""&&q!="\047"))q="";else r=substr(r,2)}'
    r'q{if(%s)gsub(/\\./,"",r);if(index(r,q))q=""}'
)
_REPLACE = r'NR==FNR{e=e s $0;s="\n";next}' + _READ + r"!h{print}h&&!d{print e;d=1}END{if(!d)print e}"
_REMOVE = _READ + "!h{print}"


def set_in_file(path: str, name: str, *, compose: bool = False, export: bool = False) -> tuple[str, str]:
    """What comes before the value is read, and the command that writes `$v`."""
    protected = _COMPOSE if compose else _SHELL
    entry = f'{"export " if export else ""}{name}="%s"\\n'
    line = f"printf '{entry}' \"$(printf %s \"$v\" | sed 's/[{protected.replace(chr(92), chr(92) * 2)}]/\\\\&/g')\""
    edited = f'{line} | awk -v n={name} {_program(_REPLACE, compose)} - "$f"'
    return f"umask 077; f={quoted_path(path)}; ", f'touch "$f" && n=$({edited}) && printf \'%s\\n\' "$n" >| "$f"'


def unset_in_file(path: str, name: str, *, compose: bool = False) -> str:
    """The command that removes the variable; it fails where the file is missing."""
    edited = f'awk -v n={name} {_program(_REMOVE, compose)} "$f"'
    return f'(f={quoted_path(path)}; n=$({edited}) && printf \'%s\\n\' "$n" >| "$f")'


def quoted_path(path: str) -> str:
    """The path for a shell; `~/` is the home of who runs it."""
    return f'"$HOME"/{shlex.quote(path[2:])}' if path.startswith("~/") else shlex.quote(path)


def _program(text: str, compose: bool) -> str:
    """Compose knows escapes within single quotes, too."""
    return "'" + text.replace("%s", "1" if compose else r'q=="\""') + "'"
