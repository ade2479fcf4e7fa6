from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from opsconsole.env.variables import SettingError
from opsconsole.runtime.backup import __main__ as backup
from opsconsole.runtime.doctor import __main__ as doctor
from opsconsole.runtime.supervisor import attach
from opsconsole.runtime.supervisor.options import parse


def test_the_command_line_wins_over_the_environment() -> None:
    options = parse(["--port", "9001", "--data", "/srv/x"], {"OPSCONSOLE_PORT": "9000", "OPSCONSOLE_HOST": "10.0.0.1"})
    assert (options.port, options.host, options.data, options.demo) == (9001, "10.0.0.1", Path("/srv/x"), False)
    assert options.environ["OPSCONSOLE_PORT"] == "9001"
    assert options.environ["OPSCONSOLE_DATA"] == "/srv/x"


def test_the_data_directory_is_absolute_for_every_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse(["--data", "a b/../c"], {}).environ["OPSCONSOLE_DATA"] == str(tmp_path / "c")


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:8000"), ("0.0.0.0", "http://127.0.0.1:8000"), ("::1", "http://[::1]:8000")],
)
def test_the_address_that_is_printed(host: str, url: str) -> None:
    assert parse(["--host", host], {}).url == url


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_an_impossible_port_is_named(port: str) -> None:
    with pytest.raises(SettingError, match=f"OPSCONSOLE_PORT: '{port}' .* from 1 to 65535"):
        parse(["--port", port], {})


def test_an_unknown_option_ends_with_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(["--prot", "1"], {})
    assert "usage: bin/run" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--data", "--host", "--port"])
@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_value_is_refused(option: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--data "$UNSET"` must not mean the default."""
    with pytest.raises(SystemExit, match="2"):
        parse([option, value], {})
    assert f"argument {option}: the value is empty" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--data", ""], ["--data="], ["--data"], ["verify_audit", "--data", ""]])
def test_bin_manage_refuses_it_too(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert attach.main(words) == 2
    assert "--data: names no directory." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("program", "words"), [(doctor.main, []), (backup.main, ["backup", "b.tar"]), (backup.main, ["restore", "b.tar"])]
)
def test_so_do_the_programs_behind_it(
    program: Callable[[list[str]], int], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        program([*words, "--data", ""])
    assert "argument --data: the value is empty" in capsys.readouterr().err


def test_restore_says_where_it_goes_to(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        backup.main(["restore", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "Without --data it goes to that of OPSCONSOLE_DATA, else to var/ beside bin/" in said
