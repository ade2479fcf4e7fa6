"""Turns the command line into the environment that settings are read from (pure)."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from opsconsole.env.variables import VARS, base_url, read
from opsconsole.lib.text.refusal import not_empty


@dataclass(frozen=True)
class Options:
    """Options of a console. `environ` is the whole environment of the supervisor and its children."""

    data: Path
    host: str
    port: int
    demo: bool
    environ: dict[str, str]

    @property
    def url(self) -> str:
        """The URL at which it listens, e.g. http://127.0.0.1:8000."""
        return base_url(self.host, self.port)


def parse(argv: Sequence[str], environ: Mapping[str, str]) -> Options:
    """Options from the command line, else the environment, else the defaults.

    Raises SettingError for an invalid setting, and SystemExit as argparse does.
    """
    arguments = _parser().parse_args(argv)
    merged = dict(environ)
    for name in ("data", "host", "port"):
        value = getattr(arguments, name)
        if value is not None:
            merged[f"OPSCONSOLE_{name.upper()}"] = value
    for var in VARS:  # report an invalid setting before anything starts
        read(var.name, merged)
    data = Path(os.path.abspath(read("OPSCONSOLE_DATA", merged)))
    merged["OPSCONSOLE_DATA"] = str(data)
    merged["DJANGO_SETTINGS_MODULE"] = "opsconsole.settings"
    return Options(
        data=data,
        host=read("OPSCONSOLE_HOST", merged),
        port=read("OPSCONSOLE_PORT", merged),
        demo=arguments.demo,
        environ=merged,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bin/run", description="Run the console: web, worker, beat, and PostgreSQL and Redis when no URLs are set."
    )
    parser.add_argument("--demo", action="store_true", help="also send made-up traffic of two applications")
    parser.add_argument("--host", type=not_empty, help="address to listen on (default: OPSCONSOLE_HOST or 127.0.0.1)")
    parser.add_argument("--port", type=not_empty, help="port to listen on (default: OPSCONSOLE_PORT or 8000)")
    add_data(parser)
    return parser


def add_data(parser: argparse.ArgumentParser) -> None:
    """The option `--data DIR`, as every program of the console has it."""
    where = "data directory (default: OPSCONSOLE_DATA, else var/ beside bin/)"
    parser.add_argument("--data", type=not_empty, metavar="DIR", help=where)
