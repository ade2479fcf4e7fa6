from __future__ import annotations

import json
from pathlib import Path

import pytest

from opsconsole.env.variables import SettingError
from opsconsole.runtime.file_locks import FileLock
from opsconsole.runtime.supervisor import runfile
from opsconsole.runtime.supervisor.attach import environment, split_data
from opsconsole.runtime.supervisor.options import Options, parse


@pytest.fixture
def options(tmp_path: Path) -> Options:
    environ = {
        "OPSCONSOLE_ADMIN_PASSWORD": "for the first start",
        "SECRET_KEY": "k" * 60,
        "DATABASE_URL_FILE": "/run/secrets/db",
        "HOME": "/root",
    }
    (tmp_path / "db").write_text("postgresql://db/x")
    environ["DATABASE_URL_FILE"] = str(tmp_path / "db")
    return parse(["--data", str(tmp_path), "--port", "8111"], environ)


def test_it_says_where_the_console_is_to_its_owner_only(options: Options) -> None:
    runfile.write(options, {"web": 12})
    path = options.data / "run.json"
    assert path.stat().st_mode & 0o777 == 0o600
    content = json.loads(path.read_text())
    assert content["url"] == "http://127.0.0.1:8111"
    assert content["processes"] == {"web": 12}
    assert content["database_url"] == "postgresql://db/x"
    assert content["redis_url"].startswith("unix:///tmp/opsconsole-")
    assert content["environment"] == {
        "SECRET_KEY": "k" * 60,
        "DATABASE_URL_FILE": str(options.data / "db"),
        "OPSCONSOLE_DATA": str(options.data),
        "OPSCONSOLE_PORT": "8111",
    }


def test_a_command_has_the_settings_of_the_running_console_except_its_own(options: Options) -> None:
    runfile.write(options, {})
    with FileLock(runfile.lock_path(options.data)) as lock:
        assert lock.acquire(shared=False)
        environ = environment(str(options.data), {"OPSCONSOLE_PORT": "9", "PATH": "/bin"})
        assert environ["SECRET_KEY"] == "k" * 60
        assert environ["OPSCONSOLE_PORT"] == "9"
        assert environ["PATH"] == "/bin"


def test_what_a_dead_console_left_does_not_count(options: Options) -> None:
    runfile.write(options, {})
    assert "SECRET_KEY" not in environment(str(options.data), {})


@pytest.mark.parametrize("content", ["", "[]", "{", '"x"'])
def test_a_damaged_file_is_no_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content)
    assert runfile.read(tmp_path) is None


@pytest.mark.parametrize(
    ("words", "data", "rest"),
    [
        (["dsn", "raptor"], None, ["dsn", "raptor"]),
        (["--data", "a b", "dsn", "raptor"], "a b", ["dsn", "raptor"]),
        (["dsn", "raptor", "--data=x"], "x", ["dsn", "raptor"]),
        (["sign", "--", "--data", "x"], None, ["sign", "--", "--data", "x"]),
    ],
)
def test_data_is_taken_out_of_the_command_line(words: list[str], data: str | None, rest: list[str]) -> None:
    assert split_data(words) == (data, rest)


def test_data_without_a_directory_is_refused() -> None:
    with pytest.raises(SettingError, match="--data"):
        split_data(["dsn", "--data"])


def test_a_stopped_console_is_still_known_by_its_address(tmp_path: Path) -> None:
    """DSNs that scripts ask for must not change because the console is down."""
    (tmp_path / "address").write_text("http://127.0.0.1:8331")
    environ = environment(str(tmp_path), {})
    assert environ["OPSCONSOLE_PUBLIC_URL"] == "http://127.0.0.1:8331"
    with_port = environment(str(tmp_path), {"OPSCONSOLE_PORT": "9000"})
    assert "OPSCONSOLE_PUBLIC_URL" not in with_port
