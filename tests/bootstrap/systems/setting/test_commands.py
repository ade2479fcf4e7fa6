"""The commands run in real shells: tools of our own note what they are given, files are read as their readers do."""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import b64decode
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bootstrap.systems.setting.commands import commands
from bootstrap.systems.setting.place import Place
from bootstrap.systems.setting.platforms import Platform

SHELLS = [shell for shell in ("sh", "bash", "dash", "zsh") if shutil.which(shell)]
TOOLS = ("heroku", "kubectl", "gh", "fly", "vault")
# What the tool got: arguments, and its standard input unless that is the test's own.
TOOL = """#!/bin/sh
for each in "$@"; do printf '%s\\0' "$each"; done > "$NOTED/argv"
cat > "$NOTED/stdin"
printf '%s' "$SECRET_SEEN"; exit ${STATUS:-0}
"""
SECRET = 'it\'s "50%" of $HOME `id` \\n \\ #1 = naïve\tend\\'
LINES = "-----BEGIN KEY-----\n  indented 'line'\n\n-----END KEY-----"
PLACES: dict[str, dict[str, str]] = {
    Platform.HEROKU: {},
    Platform.KUBERNETES_SECRET: {"set_namespace": "{environment}", "set_holder": "{host}-env"},
    Platform.KUBERNETES_CONFIGMAP: {"set_holder": "{app}"},
    Platform.GITHUB: {"set_repository": "ada/shop"},
    Platform.FLY: {},
    Platform.OWN: {"set_template": "vault kv patch 'secret/{host}' {name}=-"},
}
PIPED = [each for each in PLACES if each != Platform.HEROKU]
# Line breaks at the end no shell keeps; a terminal sends no control characters, and YAML has others for line breaks.
VALUES = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]) | st.sampled_from("\n\t'\"$`\\"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    for tool in TOOLS:
        (folder / tool).write_text(TOOL)
        (folder / tool).chmod(0o700)
    return folder


def place(platform: str, **written: str) -> Place:
    return Place(platform, "shop api", "api", "prod", "shop", written or PLACES.get(Platform(platform), {}))


def run(
    home: Path, command: str, typed: str = "", shell: str = "sh", **environ: str
) -> subprocess.CompletedProcess[str]:
    """The shell with the command; `typed` is what the operator enters."""
    for name in ("argv", "stdin"):
        (home / name).unlink(missing_ok=True)
    known = {"PATH": f"{home}:/usr/bin:/bin", "HOME": str(home), "NOTED": str(home), "LC_ALL": "C.UTF-8", **environ}
    return subprocess.run([shell, "-c", command], input=typed, capture_output=True, text=True, env=known, check=False)


def argv(home: Path) -> list[str]:
    return (home / "argv").read_text().split("\0")[:-1]


def received(home: Path, platform: str) -> str:
    """The value that the tool got on its standard input."""
    text = (home / "stdin").read_bytes().decode()
    if platform == Platform.KUBERNETES_SECRET:
        (only,) = json.loads(text)["data"].items()
        assert only[0] == "TOKEN"
        return b64decode(only[1]).decode()
    if platform == Platform.KUBERNETES_CONFIGMAP:
        (only,) = yaml.safe_load(text)["data"].items()
        assert only[0] == "TOKEN"
        return str(only[1])
    return text


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("value", [SECRET, LINES])
@pytest.mark.parametrize("platform", PIPED)
def test_a_value_that_is_asked_reaches_the_tool_and_no_argument(
    home: Path, platform: str, value: str, shell: str
) -> None:
    ended = run(home, commands(place(platform), "TOKEN").set, f"{value}\n", shell, SECRET_SEEN=value)
    assert (ended.returncode, ended.stdout) == (0, "")
    assert value not in ended.stderr
    assert received(home, platform) == value
    assert not any(line in each for each in argv(home) for line in value.splitlines() if line)


@pytest.mark.parametrize("shell", SHELLS)
def test_heroku_takes_the_value_as_an_argument_that_is_no_part_of_the_command(home: Path, shell: str) -> None:
    """Its tool has no other way in; the history and the screen have none of it all the same."""
    command = commands(place(Platform.HEROKU), "TOKEN").set
    ended = run(home, command, f"{LINES}\n", shell, SECRET_SEEN=LINES)
    assert argv(home) == ["config:set", f"TOKEN={LINES}", "--app", "shop api"]
    assert (ended.returncode, ended.stdout) == (0, "")


def test_what_the_tools_are_told(home: Path) -> None:
    told = {platform: run(home, commands(place(platform), "TOKEN").set, "x\n") and argv(home) for platform in PIPED}
    merge = ["--type", "merge", "--patch-file", "/dev/stdin"]
    assert told == {
        Platform.KUBERNETES_SECRET: ["-n", "prod", "patch", "secret", "shop api-env", *merge],
        Platform.KUBERNETES_CONFIGMAP: ["patch", "configmap", "api", *merge],
        Platform.GITHUB: ["secret", "set", "TOKEN", "--env", "prod", "--repo", "ada/shop"],
        Platform.FLY: ["secrets", "set", "TOKEN=-", "--app", "shop api"],
        Platform.OWN: ["kv", "patch", "secret/shop api", "TOKEN=-"],
    }


def test_how_it_is_removed(home: Path) -> None:
    def told(platform: str) -> list[str]:
        run(home, commands(place(platform), "TOKEN").unset)
        return argv(home)

    assert told(Platform.HEROKU) == ["config:unset", "TOKEN", "--app", "shop api"]
    assert told(Platform.FLY) == ["secrets", "unset", "TOKEN", "--app", "shop api"]
    assert told(Platform.GITHUB) == ["secret", "delete", "TOKEN", "--env", "prod", "--repo", "ada/shop"]
    patch = ["-n", "prod", "patch", "secret", "shop api-env", "--type", "merge", "-p", '{"data":{"TOKEN":null}}']
    assert told(Platform.KUBERNETES_SECRET) == patch


@pytest.mark.parametrize("platform", [*PLACES, Platform.COMPOSE])
def test_nothing_is_set_where_nothing_is_entered(home: Path, platform: str) -> None:
    ended = run(home, commands(place(platform, **PLACES.get(platform, {"set_path": "~/none"})), "TOKEN").set, "\n")
    assert ended.returncode != 0
    assert ended.stderr.endswith("not set\n")
    assert not (home / "argv").exists()
    assert not (home / "none").exists()


@pytest.mark.parametrize("shell", SHELLS)
def test_a_line_that_a_terminal_has_cut_is_not_set(home: Path, shell: str) -> None:
    """A terminal keeps 4095 bytes of a line, so that the value would lose its end."""
    command = commands(place(Platform.FLY), "TOKEN").set
    ended = run(home, command, "x" * 4095 + "\n", shell)
    assert (ended.returncode, (home / "argv").exists()) == (1, False)
    assert "longer than a terminal takes" in ended.stderr
    run(home, command, f"{'x' * 4094}\n" * 3, shell)
    assert received(home, Platform.FLY) == "\n".join(["x" * 4094] * 3)


@pytest.mark.parametrize("platform", [*PIPED, Platform.HEROKU])
def test_a_fresh_value_goes_straight_to_the_tool(home: Path, platform: str) -> None:
    run(home, commands(place(platform), "TOKEN", None, "printf 'fresh\\n'").set)
    if platform == Platform.HEROKU:
        assert argv(home)[1] == "TOKEN=fresh"
    else:
        assert received(home, platform) == "fresh"


@pytest.mark.parametrize("platform", PLACES)
def test_the_status_of_the_tool_is_that_of_the_command(home: Path, platform: str) -> None:
    ended = run(home, commands(place(platform), "TOKEN").set, "x\n", STATUS="3")
    assert (ended.returncode, ended.stderr.splitlines()[-1]) == (3, "not set")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
@given(value=VALUES)
@pytest.mark.parametrize("platform", PLACES)
def test_a_known_value_arrives_as_it_is(home: Path, platform: str, value: str) -> None:
    kept = value.rstrip("\n")
    if not kept and platform != Platform.HEROKU:
        return
    run(home, commands(place(platform), "TOKEN", value).set)
    if platform == Platform.HEROKU:
        assert argv(home)[1] == f"TOKEN={value}"
    else:
        assert received(home, platform) == kept


FILE = """\
# TOKEN="commented
A=1
export TOKEN='old
TOKEN=inner
lines'
B="two
TOKEN=is no line of its own"
TOKEN = twice
C='it\\'s' # d
D=${A}
"""
KEPT = """\
# TOKEN="commented
A=1
{}B="two
TOKEN=is no line of its own"
C='it\\'s' # d
D=${{A}}
"""


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("platform", [Platform.COMPOSE, Platform.SYSTEMD, Platform.SHELL])
def test_a_file_keeps_every_other_line_its_mode_and_one_line_of_the_variable(
    home: Path, platform: str, shell: str
) -> None:
    text = FILE if platform == Platform.COMPOSE else FILE.replace("\\'s", "s")
    kept = KEPT if platform == Platform.COMPOSE else KEPT.replace("\\'s", "s")
    file = home / "it's an .env"
    file.write_text(text)
    file.chmod(0o640)
    found = commands(place(platform, set_path="~/it's an .env"), "TOKEN")
    export = "export " if platform == Platform.SHELL else ""

    assert run(home, found.set, 'a"b\\c\n', shell).returncode == 0
    assert file.read_text() == kept.format(f'{export}TOKEN="a\\"b\\\\c"\n')
    assert file.stat().st_mode & 0o777 == 0o640

    assert run(home, found.unset, shell=shell).returncode == 0
    assert file.read_text() == kept.format("")


def test_a_new_file_is_readable_by_its_owner_only(home: Path) -> None:
    file = home / "new.env"
    run(home, commands(place(Platform.SYSTEMD, set_path=str(file)), "TOKEN").set, "x\n")
    assert (file.read_text(), file.stat().st_mode & 0o777) == ('TOKEN="x"\n', 0o600)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
@given(value=VALUES)
def test_a_shell_reads_back_what_the_file_of_a_shell_or_unit_was_given(home: Path, value: str) -> None:
    kept = value.rstrip("\n")
    file = home / "read.env"
    file.write_text("A=1\n")
    for platform in (Platform.SHELL, Platform.SYSTEMD):
        run(home, commands(place(platform, set_path=str(file)), "TOKEN", value).set)
        ended = run(home, f'. "{file}"; printf %s "$TOKEN"')
        assert ended.stdout == kept
        assert file.read_text().startswith("A=1\n")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
@given(value=VALUES)
def test_compose_reads_back_what_its_file_was_given(home: Path, value: str) -> None:
    kept = value.rstrip("\n")
    file = home / "compose.env"
    file.write_text("TOKEN=old\n")
    run(home, commands(place(Platform.COMPOSE, set_path=str(file)), "TOKEN", value).set)
    assert as_compose_reads(file.read_text()) == (kept or "old")


def as_compose_reads(text: str) -> str:
    """A value in double quotes by the rules of Compose: backslashes protect these characters only."""
    raw = text.removeprefix("TOKEN=").removesuffix("\n")
    if not raw.startswith('"'):
        return raw
    out, at = [], 1
    while raw[at] != '"':
        if raw[at] == "\\" and raw[at + 1] in '\\"$':
            at += 1
        else:
            assert raw[at] not in "$\\"
        out.append(raw[at])
        at += 1
    assert at == len(raw) - 1
    return "".join(out)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_plain_shell_has_it_from_then_on(home: Path, shell: str) -> None:
    found = commands(Place(), "TOKEN")
    assert run(home, f'{found.set}\nenv | grep -c "^TOKEN=abc$"', "abc\n", shell).stdout == "1\n"
    known = commands(Place(), "TOKEN", "it's")
    assert run(home, f"{known.set}\n{known.unset}\nenv", shell=shell).stdout.count("TOKEN=") == 0


@pytest.mark.parametrize("platform", ["", *set(Platform.values) - {"heroku", "own"}])
def test_a_name_that_the_platform_cannot_hold_gets_a_sentence_and_no_command(platform: str) -> None:
    found = commands(Place(platform, "h"), "TO KEN; id")
    assert (found.set, found.unset) == ("", "")
    assert "TO KEN; id" in found.note


@pytest.mark.parametrize("platform", ["heroku", "own"])
def test_an_odd_name_stays_one_word(home: Path, platform: str) -> None:
    run(home, commands(place(platform), "TO'KEN; id").set, "x\n")
    assert any(each.startswith("TO'KEN; id=") for each in argv(home))
