"""The commands that set and unset a variable on each platform, and what has to restart (pure).

Nothing of a value is printed: the output of the tools goes nowhere, as some show what they set. Heroku's tool takes
values only as arguments: a process list of the operator's own machine shows one for a moment.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bootstrap.systems.setting import env_files, own_template
from bootstrap.systems.setting.place import UNKNOWN_HOST, Place
from bootstrap.systems.setting.platforms import Platform, takes_name
from bootstrap.systems.setting.value_source import SILENCE, held, source


@dataclass(frozen=True)
class SettingCommands:
    """`set` and `unset` are '' where there is no such command; `note` says what happens then, `restart` is the command
    that makes the application read the value, '' where the platform restarts it or it is not known."""

    set: str
    unset: str
    note: str = ""
    restart: str = ""


def commands(place: Place, name: str, value: str | None = None, generator: str = "") -> SettingCommands:
    """How `name` is set: to `value`, which is shown, or to what `generator` prints, or to what the operator types."""
    if place.platform and not takes_name(place.platform, name):
        label = Platform(place.platform).label
        return SettingCommands("", "", f"{label} cannot hold a variable that is called {name}.")
    return _BY_PLATFORM[place.platform](place, name, value, source(name, value, generator))


Builder = Callable[[Place, str, str | None, str], SettingCommands]


def _heroku(place: Place, name: str, value: str | None, printed: str) -> SettingCommands:
    app, variable = f"--app {_app(place)} {SILENCE}", shlex.quote(f"{name}=")
    if value is not None:
        command = f"heroku config:set {variable}{shlex.quote(value)} {app}"
    else:
        command = held(printed, f'heroku config:set {variable}"$v" {app}')
    return SettingCommands(
        command,
        f"heroku config:unset {shlex.quote(name)} {app}",
        "Heroku restarts the application with it. Its tool takes the value as an argument: while it runs, a process "
        "list of your machine shows it.",
    )


def _fly(place: Place, name: str, value: str | None, printed: str) -> SettingCommands:
    command = f'printf %s "$v" | fly secrets set {name}=- --app {_app(place)} {SILENCE}'
    unset = f"fly secrets unset {name} --app {_app(place)} {SILENCE}"
    return SettingCommands(held(printed, command), unset, "Fly deploys the application anew with it.")


def _github(place: Place, name: str, value: str | None, printed: str) -> SettingCommands:
    environment = shlex.quote(place.get("holder", "{environment}"))
    where = f"--env {environment} --repo {shlex.quote(place.get('repository', '<owner/repository>'))} {SILENCE}"
    return SettingCommands(
        held(printed, f'printf %s "$v" | gh secret set {name} {where}'),
        f"gh secret delete {name} {where}",
        f"Jobs that start from now on read it as secrets.{name}; what runs needs a new deployment.",
    )


def _kubectl_secret(place: Place, name: str, value: str | None, printed: str) -> SettingCommands:
    encoded = '"$(printf %s "$v" | base64 | tr -d \'\\n\')"'
    patch = f'printf \'{{"data":{{"{name}":"%s"}}}}\' {encoded}'
    return _kubectl(place, "secret", name, held(printed, f"{patch} | {_patch(place, 'secret')}"))


def _kubectl_configmap(place: Place, name: str, value: str | None, printed: str) -> SettingCommands:
    # A literal block of YAML takes every character as it is; `2-`: indented by two, no line break at its end.
    lines = "printf '%s\\n' \"$v\" | sed 's/^/    /'"
    patch = f"{{ printf 'data:\\n  \"{name}\": |2-\\n'; {lines}; }}"
    return _kubectl(place, "configmap", name, held(printed, f"{patch} | {_patch(place, 'configmap')}"))


def _kubectl(place: Place, kind: str, name: str, command: str) -> SettingCommands:
    unset = shlex.quote(f'{{"data":{{"{name}":null}}}}')
    creates = f"kubectl {_namespace(place)}create {'secret generic' if kind == 'secret' else kind} {_holder(place)}"
    workload = place.get("service")
    return SettingCommands(
        command,
        f"kubectl {_namespace(place)}patch {kind} {_holder(place)} --type merge -p {unset} {SILENCE}",
        f"Changes this key only. Pods read it when they start. Where there is none yet, first: {creates}",
        f"kubectl {_namespace(place)}rollout restart {shlex.quote(workload)}" if workload else "",
    )


def _patch(place: Place, kind: str) -> str:
    where = f"{kind} {_holder(place)}"
    return f"kubectl {_namespace(place)}patch {where} --type merge --patch-file /dev/stdin {SILENCE}"


def _namespace(place: Place) -> str:
    name = place.get("namespace")
    return f"-n {shlex.quote(name)} " if name else ""


def _holder(place: Place) -> str:
    return shlex.quote(place.get("holder", "{host}"))


def _compose(place: Place, name: str, value: str | None, printed: str) -> SettingCommands:
    path, service = place.get("path", ".env"), place.get("service")
    before, command = env_files.set_in_file(path, name, compose=True)
    return SettingCommands(
        held(printed, command, before),
        env_files.unset_in_file(path, name, compose=True),
        "A container keeps the values that it was made with: have it made anew, in the folder of the Compose file.",
        f"docker compose up -d {shlex.quote(service)}" if service else "docker compose up -d",
    )


def _systemd(place: Place, name: str, value: str | None, printed: str) -> SettingCommands:
    path, unit = place.get("path", "<environment-file>"), shlex.quote(place.get("service", "{host}"))
    before, command = env_files.set_in_file(path, name)
    return SettingCommands(
        held(printed, command, before),
        env_files.unset_in_file(path, name),
        f"As root. The unit reads it at its start, from a drop-in with [Service] EnvironmentFile={path} "
        "(after a change of a drop-in: systemctl daemon-reload).",
        f"systemctl daemon-reload && systemctl restart {unit}",
    )


def _shell(place: Place, name: str, value: str | None, printed: str) -> SettingCommands:
    if path := place.get("path"):
        before, command = env_files.set_in_file(path, name, export=True)
        note = f"What is started by a shell that has read {path} from now on has it."
        return SettingCommands(held(printed, command, before), env_files.unset_in_file(path, name), note)
    if not takes_name(Platform.SHELL, name):
        return SettingCommands("", "", f"A shell cannot hold a variable that is called {name}.")
    command = f'{name}=$({printed}) && [ -n "${name}" ] && export {name}'
    return SettingCommands(
        f"export {name}={shlex.quote(value)}" if value is not None else command,
        f"unset {name}",
        "Only this shell has it, and what is started from it: start the application here.",
    )


def _own(place: Place, name: str, value: str | None, printed: str) -> SettingCommands:
    unset = own_template.unset_with(place, name) if place.unset_template else ""
    return SettingCommands(own_template.set_with(place, name, printed), unset)


def _app(place: Place) -> str:
    return UNKNOWN_HOST if place.host is None else shlex.quote(place.host)


_BY_PLATFORM: Mapping[str, Builder] = MappingProxyType(
    {
        "": _shell,
        Platform.HEROKU: _heroku,
        Platform.KUBERNETES_SECRET: _kubectl_secret,
        Platform.KUBERNETES_CONFIGMAP: _kubectl_configmap,
        Platform.COMPOSE: _compose,
        Platform.SYSTEMD: _systemd,
        Platform.GITHUB: _github,
        Platform.FLY: _fly,
        Platform.SHELL: _shell,
        Platform.OWN: _own,
    }
)
