"""Creates .venv and installs the pinned requirements from PyPI, with uv if it is installed, else with pip.

_install.py run|dev STAMP     Standard library only. Prints what it does and, on failure, what to do.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
FILES = {"run": "requirements.txt", "dev": "requirements-dev.txt"}
_PROGRESS = ("Collecting ", "Downloading ", "Using cached ", "Installing collected packages: ")


class Failed(Exception):
    """The environment could not be created; the text says what to do."""


def main(kind: str, stamp: str) -> int:
    """Install the requirements of `kind` unless `stamp`, their hash, is installed. Returns the exit status."""
    try:
        with open(ROOT / ".venv.lock", "w") as lock:
            wait_for(lock.fileno())
            update(kind, stamp)
    except OSError as error:
        return print_error(f"cannot write in {ROOT} ({error}).\n  Make it writable, or free some space on its disk.")
    except Failed as error:
        return print_error(str(error))
    return 0


def update(kind: str, stamp: str) -> None:
    """Create and fill .venv if need be. Raises Failed and OSError."""
    mark = VENV / f"installed-{kind}"
    if mark.exists() and mark.read_text().strip() == stamp and works(PYTHON):
        return  # another process did it while this one waited
    create_environment()
    install(ROOT / FILES[kind])
    for done in ("run", kind):  # dev contains run
        (VENV / f"installed-{done}").write_text(stamp + "\n")
    print_line("packages are installed")


def wait_for(descriptor: int) -> None:
    """Lock the file, waiting for another process that has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print_line("another command installs packages: waiting for it")
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def create_environment() -> None:
    if works(PYTHON):
        return
    version = ".".join(map(str, sys.version_info[:3]))
    print_line(f"creating .venv with Python {version} ({sys.executable})")
    if not VENV.is_symlink():
        shutil.rmtree(VENV, ignore_errors=True)
    uv = shutil.which("uv")
    attempts = [[uv, "venv", "--quiet", "--python", sys.executable, str(VENV)]] if uv else []
    attempts.append([sys.executable, "-m", "venv", str(VENV)])
    # Debian has ensurepip in a separate package; an existing pip can install into an environment without one.
    attempts.append([sys.executable, "-m", "venv", "--without-pip", str(VENV)])
    output = ""
    for attempt in attempts:
        done = subprocess.run(attempt, check=False, capture_output=True, text=True, env=environment())
        if done.returncode == 0 and works(PYTHON) and installer():
            return
        output = (done.stderr or done.stdout).strip() or output
        shutil.rmtree(VENV, ignore_errors=True)
    raise Failed(
        f"could not create {VENV}: {output[-400:]}\n"
        "Check that the directory can be written and the disk is not full. On Debian and Ubuntu the venv module is a "
        "package of its own: apt install python3-venv"
    )


def install(requirements: Path) -> None:
    command = installer()
    if not command:
        raise Failed("the environment has no pip, and there is no uv.\n  Remove .venv and install python3-venv.")
    print_line(f"installing the packages of {requirements.name} (the first time takes a minute or two)")
    process = subprocess.Popen(
        [*command, "-r", str(requirements)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment(),
        cwd=ROOT,
    )
    assert process.stdout is not None
    lines = list(show_progress(process.stdout))
    if process.wait():
        raise Failed(
            "installing the packages failed:\n  " + "\n  ".join(lines[-12:]) + "\n"
            "Check the network (https://pypi.org must be reachable, or set PIP_INDEX_URL / UV_INDEX_URL to a mirror, "
            "HTTPS_PROXY for a proxy) and free space, then run the same command again; it resumes where it stopped."
        )


def installer() -> list[str]:
    """The command that installs into .venv; empty if there is neither uv nor pip."""
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--python", str(PYTHON)]
    quiet = ["install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    if subprocess.run([PYTHON, "-m", "pip", "--version"], check=False, capture_output=True).returncode == 0:
        return [str(PYTHON), "-m", "pip", *quiet]
    if subprocess.run([sys.executable, "-m", "pip", "--version"], check=False, capture_output=True).returncode == 0:
        return [sys.executable, "-m", "pip", "--python", str(PYTHON), *quiet]
    return []


def show_progress(lines: Iterator[str]) -> Iterator[str]:
    """Yield the lines, and print those that show progress: on one line of a terminal, else every tenth."""
    count = 0
    for raw in lines:
        line = raw.rstrip()
        yield line
        if not (step := step_of(line)):
            continue
        count += 1
        text = f"  {step}"
        if sys.stdout.isatty():
            sys.stdout.write(f"\r\x1b[K{text}")
        elif count % 10 == 1:
            sys.stdout.write(text + "\n")
        sys.stdout.flush()
    if sys.stdout.isatty():
        sys.stdout.write("\r\x1b[K")


def step_of(line: str) -> str:
    """What pip or uv does by this line, to which package, without their remarks; empty for a line without progress."""
    line = line.strip()
    if not line.startswith(_PROGRESS):
        return ""
    if line.startswith("Installing"):
        return f"Installing {line.count(',') + 1} packages"
    *verb, package = line.partition(" (")[0].split()
    return f"{' '.join(verb)} {package.rpartition('/')[2]}"


def works(python: Path) -> bool:
    """Whether the environment's Python runs and has a version that the requirements are pinned for."""
    if not python.exists():
        return False
    check = "import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))"
    return subprocess.run([python, "-c", check], check=False, capture_output=True).returncode == 0


def environment() -> dict[str, str]:
    """The environment without variables that redirect installers from .venv or let uv download a Python."""
    dropped = {"PYTHONPATH", "PYTHONSAFEPATH", "PYTHONHOME", "PIP_TARGET", "PIP_USER", "PIP_PREFIX"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "UV_PYTHON_DOWNLOADS": "never", "PYTHONUNBUFFERED": "1"}


def print_error(text: str) -> int:
    sys.stderr.write(f"opsconsole: {text}\n")
    return 1


def print_line(text: str) -> None:
    sys.stdout.write(f"opsconsole: {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
