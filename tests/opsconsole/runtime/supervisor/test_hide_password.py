"""The first admin's password is not what the system shows of the console's processes."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import os
from opsconsole.env.variables import read
from opsconsole.runtime.supervisor.hide_password import NAME, forget_password, hide_password
hide_password()
print(read(NAME), read(NAME), "hunter2" in open("/proc/self/environ").read())
environ = dict(os.environ)
forget_password(environ)
print(read(NAME), environ.get(NAME + "_FILE"), any("memfd" in os.readlink(f"/proc/self/fd/{n}") for n in (3, 4, 5)
      if os.path.exists(f"/proc/self/fd/{n}")))
"""


def run(**given: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=dict(os.environ) | given, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_it_can_be_read_until_it_is_forgotten_and_is_not_shown() -> None:
    assert run(OPSCONSOLE_ADMIN_PASSWORD="hunter2") == ["hunter2 hunter2 False", "None None False"]


def test_without_one_nothing_happens() -> None:
    assert run(OPSCONSOLE_ADMIN_PASSWORD="") == ["None None False", "None None False"]
