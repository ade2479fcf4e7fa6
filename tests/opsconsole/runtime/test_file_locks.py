from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import opsconsole
from opsconsole.runtime.file_locks import FileLock, is_locked
from tests.waiting import until


def test_shared_and_exclusive(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with FileLock(path) as one, FileLock(path) as two:
        assert one.acquire(shared=True)
        assert two.acquire(shared=True)
        assert not two.acquire(shared=False)
        one.release()
        assert two.acquire(shared=False)
        assert not one.acquire(shared=True)
        assert is_locked(path)
        two.release()
        assert not is_locked(path)


def test_a_lock_that_nobody_made_is_not_held(tmp_path: Path) -> None:
    assert not is_locked(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_the_text_is_replaced_whole(tmp_path: Path) -> None:
    with FileLock(tmp_path / "lock") as lock:
        lock.write("a long text")
        lock.write("short")
        assert lock.read() == "short"


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = (
        "import sys; from pathlib import Path; from opsconsole.runtime.file_locks import FileLock;"
        "lock = FileLock(Path(sys.argv[1])); print(lock.acquire(shared=False), flush=True); sys.stdin.read()"
    )
    root = Path(opsconsole.__file__).parents[1]
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        assert is_locked(path)
        holder.kill()
    until(lambda: not is_locked(path))
