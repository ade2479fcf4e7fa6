from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import opsconsole

CODE = """
import hashlib, msgspec, psycopg.sql
from opsconsole.lib.memory import page_out_libraries

page_out_libraries()
print(psycopg.sql.SQL("SELECT {}").format(psycopg.sql.Literal("it's")).as_string())
print(hashlib.sha256(b"x").hexdigest()[:8], msgspec.json.decode(b'[1.5]'))
raise SystemExit(7)
"""


def test_every_library_works_on_after_its_pages_were_given_back() -> None:
    """How much comes back is the kernel's affair; advice that destroyed pages would crash here."""
    root = Path(opsconsole.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", CODE], cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (7, "SELECT 'it''s'\n2d711642 [1.5]\n"), done.stderr
