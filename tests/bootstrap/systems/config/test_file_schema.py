"""required-config-vars.yaml: out and in again is equal, and what is wrong is named with what is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bootstrap.content import load
from bootstrap.importer import read_runbook
from bootstrap.importer.store.write_runbook import load_runbook
from bootstrap.systems.config.export_file import export_config
from bootstrap.systems.config.file_schema import ConfigFileError, read
from bootstrap.systems.config.import_file import import_config
from bootstrap.systems.models import ConfigConstraint, ConfigVar, Flag, System
from tests.bootstrap import builders
from tests.examples import examples
from tests.people import make_viewer

pytestmark = pytest.mark.django_db
HEAD = "schema: 1\nsystem: demo\n"
ONE = f"{HEAD}apps:\n  demo-api:\n    - name: API_TOKEN\n"


@pytest.fixture
def system() -> System:
    return builders.environment().system


def took(text: str, dry_run: bool = False) -> list[str]:
    return import_config(read(text), dry_run)


def emptied() -> None:
    ConfigConstraint.objects.all().delete()
    ConfigVar.objects.filter(fallback_to__isnull=False).update(fallback_to=None)
    ConfigVar.objects.all().delete()
    Flag.objects.all().delete()


def test_the_shipped_system_goes_out_and_comes_back_equal() -> None:
    load()
    raptor = System.objects.get(slug="raptor")
    text = export_config(raptor)
    assert took(text) == []
    content = yaml.safe_load(text)
    assert len(content["apps"]["raxx-api"]) == 21
    flags = {flag["name"]: flag for flag in content["flags"]}
    assert (len(flags), flags["FLAG_SENTRY_BACKEND"]["aliases"]) == (12, ["sentry_backend"])
    secret = next(each for each in content["apps"]["raxx-api"] if each["name"] == "SECRET_KEY")
    assert (secret["format"], secret["source"]) == ("min_length:64", "/Raxx/Backend/SECRET_KEY")


def test_a_file_restores_what_was_lost(system: System) -> None:
    app = system.apps.get()
    first = ConfigVar.objects.create(app=app, name="A", accepted_values=["on", "1", ""], default="no", secret=False)
    ConfigVar.objects.filter(pk=first.pk).update(expected_values={"prod": "on", "*": "1", "dev": ""})
    second = ConfigVar.objects.create(app=app, name="B", fallback_to=first, failure_mode="fallback_to", impact="ä\n: #")
    Flag.objects.create(system=system, name="FLAG_X", aliases=["x"], description="y: z")
    pair = ConfigConstraint.objects.create(
        system=system, name="pair", kind="falls_back_to", environment=system.environments.get(), reason="so"
    )
    pair.members.create(variable=second, position=0)
    pair.members.create(variable=first, position=1)
    text = export_config(system)
    emptied()
    assert took(text) == [
        "demo-api/A: added; secret, accepted_values, expected_values, default (there is no environment dev yet)",
        "demo-api/B: added; failure_mode, fallback_to, impact",
        "FLAG_X: added",
        "pair: added",
    ]
    assert export_config(system) == text
    assert took(text) == []


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "required_when": st.text(max_size=50),
        "accepted": st.text(max_size=50),
        "accepted_values": st.lists(st.text(max_size=9), max_size=3),
        "secret": st.booleans(),
        "expected_values": st.dictionaries(
            st.sampled_from(["*", "prod", "1"]), st.sampled_from(["", "on", "1", "ä", "*"])
        ),
        "format": st.sampled_from(["", "nonempty", "min_length:8", "prefix:a: b", "url:redis,rediss"]),
        "default": st.sampled_from(["", "on", "1", "null", "2026-06-14", "~", "yes", "[a]", "'"]),
        "empty_is_unset": st.booleans(),
        "failure_mode": st.sampled_from(["", "boot_fail", "silent_skip"]),
        "consumers": st.lists(st.text(max_size=9), max_size=3),
        "read_at": st.sampled_from(["", "boot"]),
    },
)


@pytest.mark.slow
@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=FIELDS)
def test_any_variable_goes_out_and_comes_back(system: System, fields: dict[str, Any]) -> None:
    def writable(text: str) -> bool:
        return "\x00" not in text

    fields = {
        key: [part for part in value if writable(part)] if isinstance(value, list) else value
        for key, value in fields.items()
        if not isinstance(value, str) or writable(value)
    }
    if fields.get("expected_values"):
        fields["secret"] = False
    emptied()
    content = {"schema": 1, "system": "demo", "apps": {"demo-api": [{"name": "A", **fields}]}}
    took(yaml.safe_dump(content, allow_unicode=False))
    text = export_config(system)
    emptied()
    took(text)
    assert export_config(system) == text


def test_what_a_file_leaves_out_stays_and_what_it_says_outlives_the_runbook(system: System) -> None:
    app = system.apps.get()
    table = "| Var | Required when | Format |\n|---|---|---|\n| `API_TOKEN` | Always | 32+ chars |\n"
    runbook = f"# R\n\n## Setup checklist\n\n{table}\n- [ ] x\n"
    load_runbook(read_runbook(runbook), runbook, app, "demo")
    assert took(f"{ONE}      format: min_length:40\n") == ["demo-api/API_TOKEN: format"]
    assert ConfigVar.objects.get().required_when == "Always"
    later = runbook.replace("32+", "48+").replace("Always", "Mostly")
    load_runbook(read_runbook(later), later, app, "demo")
    variable = ConfigVar.objects.get()
    assert (variable.format_rule, variable.required_when) == ("min_length:40", "Mostly")


def test_a_secret_variable_loses_what_was_expected_of_it_only_by_being_told(system: System) -> None:
    variable = ConfigVar.objects.create(app=system.apps.get(), name="API_TOKEN", secret=False)
    assert took(f"{ONE}      expected_values: {{'*': live}}\n") == ["demo-api/API_TOKEN: expected_values"]
    with pytest.raises(ConfigFileError, match="leave it empty"):
        took(f"{ONE}      secret: true\n")
    took(f"{ONE}      secret: true\n      expected_values: {{}}\n")
    variable.refresh_from_db()
    assert (variable.secret, variable.expected_values) == (True, {})


def test_a_dry_run_changes_nothing(system: System) -> None:
    assert took(ONE, dry_run=True) == ["demo-api/API_TOKEN: added"]
    assert not ConfigVar.objects.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{ONE}      fromat: dsn\n", "apps.demo-api[0].fromat: no such key; allowed: name, secret, config_key"),
        (f"{ONE}      format: email\n", "apps.demo-api[0].format: not a format rule; allowed: nonempty"),
        (f"{ONE}      failure_mode: explode\n", "apps.demo-api[0].failure_mode: it has to be '', 'boot_fail'"),
        (f"{ONE}      default: yes\n", "apps.demo-api[0].default: it has to be a valid string (in quotes"),
        (f"{ONE}      accepted_values: [on]\n", "apps.demo-api[0].accepted_values[0]: it has to be a valid string"),
        (f"{ONE}      expected_values: production\n", "expected_values: it has to be a valid dictionary"),
        (f"{ONE}      expected_values: {{prod: 1}}\n", "expected_values.prod: it has to be a valid string (in quotes"),
        (f"{ONE}      expected_values: {{prod: <x>}}\n", "expected_values: prod: no literal; it has to be an object"),
        (f"{ONE}      expected_values: {{p r: x}}\n", "one of its keys is no environment; it has to be an object"),
        (f"{ONE}      expected_values: {{prod: x}}\n", "API_TOKEN.expected_values: nothing is expected of a secret"),
        (
            f"{HEAD}apps:\n  demo-api:\n    - {{name: FLAG_X, secret: false, expected_values: {{prod: '1'}}}}\n",
            "FLAG_X.expected_values: what a flag has to be",
        ),
        (f"{ONE}      fallback_to: NOBODY\n", "API_TOKEN.fallback_to: it has to be another variable"),
        (f"{ONE}      fallback_to: API_TOKEN\n", "API_TOKEN.fallback_to: it has to be another variable"),
        (f"{ONE}    - name: API_TOKEN\n", "apps.demo-api: API_TOKEN stands there twice"),
        (f"{ONE}      name: B\n", "line 6: name stands there twice"),
        (f"{ONE}      value: hunter2\n", "apps.demo-api[0].value: no such key"),
        (f"{HEAD}apps:\n  nope: []\n", "apps: demo has no nope; known: demo-api"),
        (f"{HEAD}app: {{}}\n", "app: no such key; allowed: schema, system, apps, flags, constraints"),
        ("schema: 1\nsystem: nope\n", "system: there is no nope; known: demo"),
        ("schema: 2\nsystem: demo\n", "schema: it has to be 1"),
        (f"{HEAD}flags:\n  - {{name: FLAG_X, alias: x}}\n", "flags[0].alias: no such key; allowed: name, aliases"),
        (
            f"{HEAD}constraints:\n  - {{name: c, kind: must_equal, variables: [a/B, c/D]}}\n",
            "constraints.c.variables: no",
        ),
        (f"{HEAD}x: &a [1]\ny: *a\n", "references (*name) are not taken"),
        (f"{HEAD}  broken: [\n", "line "),
        ("- a\n", "the file: "),
        ("", "the file: "),
        ("[" * 5000, "nested"),
        ("!!python/object/apply:os.system [x]", "could not determine a constructor"),
        ("x" * 1_100_000, "more than a million"),
    ],
)
def test_what_is_wrong_is_named(system: System, text: str, message: str) -> None:
    with pytest.raises(ConfigFileError) as refused:
        took(text)
    assert message in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert not ConfigVar.objects.exists()


def test_the_command(system: System, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "required-config-vars.yaml"
    file.write_text(f"{ONE}      format: dsn\n")
    call_command("config_manifest", "import", str(file), "--dry-run")
    call_command("config_manifest", "import", str(file))
    assert capsys.readouterr().out == "demo-api/API_TOKEN: added; format\n" * 2
    call_command("config_manifest", "export", "demo", "--app", "demo-api")
    assert took(capsys.readouterr().out) == []
    call_command("config_manifest", "import", str(file))
    assert capsys.readouterr().out == "nothing to change\n"
    file.write_text(f"{ONE}      format: email\n      x: 1\n")
    with pytest.raises(CommandError) as refused:
        call_command("config_manifest", "import", str(file))
    lines = str(refused.value).splitlines()
    assert [line.partition("[0]")[0] for line in lines] == [f"{file}: line {n}: apps.demo-api" for n in (6, 7)]
    for wrong in (["export", "nope"], ["export", "demo", "--app", "nope"], ["import", str(tmp_path / "nope")]):
        with pytest.raises(CommandError):
            call_command("config_manifest", *wrong)


def test_one_application_alone_takes_its_own_constraints_along() -> None:
    load()
    raptor = System.objects.get(slug="raptor")
    content = yaml.safe_load(export_config(raptor, raptor.apps.get(slug="raxx-api")))
    assert list(content["apps"]) == ["raxx-api"]
    assert [each["name"] for each in content["constraints"]] == ["alpaca-base-url", "alpaca-key-id", "alpaca-secret"]


def test_the_file_is_to_be_had_by_whoever_is_signed_in(client: Client, django_assert_num_queries) -> None:
    load()
    url = "/systems/raptor/required-config-vars.yaml"
    assert client.get(url).status_code == 302
    client.force_login(make_viewer("ada"))
    assert f'href="{url}"' in client.get("/environments/").content.decode()
    with django_assert_num_queries(12):
        page = client.get(url)
    assert page.content.decode() == export_config(System.objects.get(slug="raptor"))
    assert 'filename="required-config-vars.yaml"' in page["Content-Disposition"]
    assert client.post(url).status_code == 405
    assert client.get("/systems/nope/required-config-vars.yaml").status_code == 404
