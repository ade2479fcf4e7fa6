"""Where each value of the command comes from, which values are refused, and that nothing is sent before."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from detections.probes import command
from detections.probes.program import probe
from tests.receivers.rollout import Rollout

BASE = "https://api.example.com"
STORED = {
    **probe.AURORA,
    "base": "https://stored.example",
    "samples": 44,
    "concurrency": 4,
    "webhook_url": "https://stored.example/hook",
}


def settled(environment: dict[str, str] | None = None, stored: dict[str, Any] | None = None, **options: Any) -> Any:
    return probe.settings_of(options, environment or {}, stored)


# One row a field: how it is given, its option, main variable, alias; what is read; the value of each place in turn.
MAIN, ALIAS = "AURORA_ROLLOUT_PROBE_", "AURORA_PROBE_"
PLACES = [
    ("base", f"{MAIN}BASE", f"{ALIAS}BASE_URL", "https://{}.example", lambda s: s.target.base),
    ("samples", f"{MAIN}SAMPLES", f"{ALIAS}SAMPLES", "{}", lambda s: str(s.target.samples)),
    ("concurrency", f"{MAIN}CONCURRENCY", f"{ALIAS}CONCURRENCY", "{}", lambda s: str(s.target.concurrency)),
    ("webhook_url", f"{MAIN}ALERT_WEBHOOK_URL", f"{ALIAS}WEBHOOK_URL", "https://{}.example", lambda s: s.webhook_url),
]


@pytest.mark.parametrize(("field", "name", "alias", "form", "read"), PLACES)
def test_an_option_beats_the_variable_which_beats_its_alias_which_beats_the_target(
    field: str, name: str, alias: str, form: str, read: Any
) -> None:
    one, two, three = (form.format(number) for number in (11, 12, 13))
    everywhere = {"AURORA_ROLLOUT_PROBE_BASE": BASE, name: two, alias: three}
    assert read(settled(everywhere, STORED, **{field: one})) == one
    assert read(settled(everywhere, STORED)) == two
    assert read(settled({alias: three}, STORED)) == three
    assert read(settled({}, STORED)) == str(STORED[field])
    assert read(settled({name: "", alias: three}, STORED, **{field: ""})) == three, "empty counts as unset"


def test_variables_without_an_alias() -> None:
    given = {
        "AURORA_ROLLOUT_PROBE_BASE": BASE,
        "AURORA_PROBE_WEBHOOK_TOKEN": "secret-token",
        "AURORA_ROLLOUT_PROBE_STATE_FILE": "/tmp/state.json",
        "AURORA_ROLLOUT_PROBE_POLICY_DEBUG": "true",
    }
    settings = settled(given)
    assert settings.webhook_token == "secret-token"
    assert settings.state_file == Path("/tmp/state.json")
    assert settings.policy_debug
    assert not settled({**given, "AURORA_ROLLOUT_PROBE_POLICY_DEBUG": "0"}).policy_debug
    assert not settled(given, policy_debug="no").policy_debug
    assert settled(given, webhook_token="other").webhook_token == "other"


def test_all_eleven_names_of_the_seed_are_read() -> None:
    names = {name for source in probe.SOURCES for name in source.variables}
    assert len(names) == 11
    assert all(name in probe._EPILOG for name in names)


def test_the_defaults() -> None:
    target = settled(base=BASE).target
    assert (target.timeout_ms, target.retry_count, target.retry_backoff_ms) == (10_000, 1, 350)
    assert (target.samples, target.concurrency, target.window_minutes) == (10, 3, 10)
    assert settled(base=BASE, window_minutes="15").failure_window_ms == 900_000


RANGES = [
    ("samples", 1, 10_000),
    ("concurrency", 1, 64),
    ("timeout_ms", 1_000, 60_000),
    ("retry_count", 0, 3),
    ("retry_backoff_ms", 50, 5_000),
    ("window_minutes", 1, 1_440),
]


@pytest.mark.parametrize(("field", "least", "most"), RANGES)
def test_a_number_out_of_its_range_is_named_with_the_range(field: str, least: int, most: int) -> None:
    for good in (least, most):
        assert getattr(settled(base=BASE, **{field: str(good)}).target, field) == good
    for bad in (str(least - 1), str(most + 1), "x", "3.5", "1e3", "-0x1", "٣", "9" * 30):
        with pytest.raises(probe.ProbeError) as refused:
            settled(base=BASE, **{field: bad})
        assert f"--{field.replace('_', '-')}: " in str(refused.value)
        assert f"from {least} to {most}" in str(refused.value)


def test_a_bad_variable_is_named_by_its_own_name() -> None:
    with pytest.raises(probe.ProbeError, match="AURORA_PROBE_SAMPLES: 'many' is not a whole number from 1 to 10000"):
        settled({"AURORA_PROBE_SAMPLES": "many"}, base=BASE)
    with pytest.raises(probe.ProbeError, match="target: samples: 'True'"):
        settled(stored={**STORED, "samples": True})


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "--base is missing"),
        ({"base": "api.example.com"}, "is no address"),
        ({"base": "ftp://x"}, "is no address"),
        ({"base": "https://name:word@x"}, "without name, password"),
        ({"base": "https://x:99999"}, "is no address"),
        ({"base": BASE, "endpoint": "v1"}, "starts with /"),
        ({"base": BASE, "webhook_url": "slack"}, "--webhook-url is no address"),
        ({"base": BASE, "webhook_token": "two words"}, "--webhook-token"),
        ({"base": BASE, "policy_debug": "perhaps"}, "neither yes"),
    ],
)
def test_what_is_no_address_is_refused(options: dict[str, str], says: str) -> None:
    with pytest.raises(probe.ProbeError, match=says) as refused:
        settled(**options)
    assert "word" not in str(refused.value).replace("password", "")


def test_a_refused_option_ends_with_3_and_nothing_is_sent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Rollout() as service:
        for wrong in (
            ["--samples", "0"],
            ["--concurrency", "65"],
            ["--nonsense"],
            ["--samples"],
            ["--target", "none.json"],
        ):
            status = probe.main(["--base", service.url, "--out-dir", str(tmp_path), *wrong], {})
            said = capsys.readouterr()
            assert (status, said.out) == (3, "")
            assert len(said.err.strip().splitlines()) == 1
        assert service.received == []
    assert list(tmp_path.iterdir()) == []


def test_a_scheme_may_be_written_large() -> None:
    assert settled(base="HTTPS://Shop.example/EU/").target.base == "https://Shop.example/EU"


def test_the_webhook_has_two_names() -> None:
    parser = probe.make_parser("probe")
    for option in ("--webhook", "--webhook-url"):
        assert parser.parse_args([option, "https://x"]).webhook_url == "https://x"


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("headers", {"x": "日本"}, "headers: x is a text of one line, of Latin letters"),
        ("body", "\ud800", "half a surrogate"),
        ("webhook_url", 5, "--webhook-url is no address"),
        ("webhook_url", "https://me:pass@hook.example", "without name and password"),
        ("base", "https://\U0001f600.example", "--base"),
        ("headers", {"X": "1", "x": "2"}, "headers: x is there twice"),
        ("split", {"header": "v", "variants": []}, "variants is an object"),
        ("base", "https://x.example?", "without name, password, query"),
        ("base", "https://x.example/#", "without name, password, query"),
        ("invariants", [{"kind": "present", "paths": ["a"], "severity": False}], "severity: 'False' is none of info"),
        ("invariants", [{"kind": "present", "paths": ["a"], "check": 0}], "check is a name of"),
    ],
)
def test_a_target_that_cannot_be_sent_is_refused(field: str, value: object, says: str) -> None:
    with pytest.raises(probe.ProbeError, match=says):
        settled({}, {"base": BASE, field: value})


def nested(depth: int) -> list[Any]:
    return [nested(depth - 1)] if depth > 1 else []


@pytest.mark.parametrize("field", ["samples", "body", "method", "connection", "invariants", "webhook_url"])
def test_what_is_nested_too_deep_is_refused_before_it_is_shown_or_sent(field: str) -> None:
    with pytest.raises(probe.ProbeError, match="target: lists and objects are at most 100 deep"):
        settled({}, {"base": BASE, field: nested(500)})
    assert settled({}, {"base": BASE, "body": nested(99)}).target.body == "[" * 99 + "]" * 99


@pytest.mark.parametrize(
    "given",
    [
        *[{"base": f"https://me:hunter2{odd}"} for odd in (" @x.example", "@x.example:port", "@[::1", "/@x\n")],
        *[{"base": odd} for odd in ("ftp://me:hunter2@x.example", "me:hunter2@x.example", "ftp://x?key=hunter2")],
        {"base": BASE, "headers": {"authorization: Bearer hunter2": "x"}},
    ],
)
def test_what_is_refused_is_named_without_what_may_be_secret_in_it(given: dict[str, Any]) -> None:
    with pytest.raises(probe.ProbeError, match=r"no address|no name of a header|without name, password") as refused:
        settled({}, given)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("base: https://x\nbody: {day: 2026-01-01}\n", "what JSON has not"),
        ("base: https://x\nbody: [.nan]\n", "what JSON has not"),
        ("- a\n", "is not an object"),
    ],
)
def test_yaml_that_is_no_json_is_refused(text: str, says: str, tmp_path: Path) -> None:
    (file := tmp_path / "target.yaml").write_text(text)
    with pytest.raises(probe.ProbeError, match=says):
        command.read_target_file(str(file))


def test_names_in_yaml_may_look_like_numbers(tmp_path: Path) -> None:
    (file := tmp_path / "target.yaml").write_text(
        "base: https://x\nheaders: {1: a}\nsplit: {header: v, variants: {1: 0.5, b: 0.5}}\n"
    )
    target = settled({}, command.read_target_file(str(file))).target
    assert (target.headers, sorted(target.split.variants)) == ({"1": "a"}, ["1", "b"])


def test_a_target_with_a_mark_at_its_start_is_read_and_with_nan_is_not(tmp_path: Path) -> None:
    (file := tmp_path / "target.json").write_text('\ufeff{"base": "https://x"}')
    assert probe.read_target_file(str(file)) == {"base": "https://x"}
    file.write_text('{"base": "https://x", "split": {"header": "a", "header": "b"}}')
    with pytest.raises(probe.ProbeError, match="is no JSON: 'header' is there twice"):
        probe.read_target_file(str(file))
    file.write_text('{"base": NaN}')
    with pytest.raises(probe.ProbeError, match="is no JSON"):
        probe.read_target_file(str(file))


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
@pytest.mark.parametrize("main", [probe.main, lambda argv, environment: command.main(argv)])
def test_a_target_without_end_is_refused(main: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--base", BASE, "--out-dir", str(tmp_path), "--target", "/dev/zero"], {}) == 3
    assert "--target: /dev/zero is larger than 4 MiB" in capsys.readouterr().err


def test_a_target_may_come_through_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writing = threading.Thread(target=pipe.write_text, args=('{"base": "https://x"}',))
    writing.start()
    assert probe.read_target_file(str(pipe)) == {"base": "https://x"}
    writing.join()
    pipe.unlink()
    pipe.write_bytes(b"\xff")
    with pytest.raises(probe.ProbeError, match="is no text in UTF-8"):
        probe.read_target_file(str(pipe))
