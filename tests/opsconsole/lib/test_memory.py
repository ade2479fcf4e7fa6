from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import opsconsole

CODE = """
import re, sys
import psycopg, cryptography.hazmat.primitives.asymmetric.rsa
from opsconsole.lib.memory import page_out_libraries

def resident():
    text = open("/proc/self/smaps_rollup").read()
    return int(re.search(r"^Rss:\\s+(\\d+)", text, re.MULTILINE)[1])

before = resident()
page_out_libraries()
after = resident()
psycopg.sql.SQL("SELECT {}").format(psycopg.sql.Literal(1)).as_string()  # all of it still works
print(before - after)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has it")
def test_what_importing_touched_is_given_back_and_nothing_breaks() -> None:
    root = Path(opsconsole.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", CODE], cwd=root, capture_output=True, text=True, check=True)
    assert int(done.stdout) > 1000  # KB
