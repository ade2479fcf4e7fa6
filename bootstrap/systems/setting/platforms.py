"""The platforms on which a variable can be set, and which fields of a system each needs (pure)."""

from __future__ import annotations

import re
from types import MappingProxyType

from django.db.models import TextChoices


class Platform(TextChoices):
    """Where the variables of an application are kept."""

    HEROKU = "heroku", "Heroku (heroku config:set)"
    KUBERNETES_SECRET = "kubectl_secret", "Kubernetes Secret (kubectl patch)"
    KUBERNETES_CONFIGMAP = "kubectl_configmap", "Kubernetes ConfigMap (kubectl patch)"
    COMPOSE = "compose", "Docker Compose (.env file)"
    SYSTEMD = "systemd", "systemd (EnvironmentFile)"
    GITHUB = "github", "GitHub environment (gh secret set)"
    FLY = "fly", "Fly.io (fly secrets set)"
    SHELL = "shell", "Shell (export, or a file that is sourced)"
    OWN = "own", "A command of your own"


# Those that have to be filled in; a Secret, a GitHub environment and a path of a shell have defaults.
NEEDED = MappingProxyType(
    {
        Platform.COMPOSE: ("set_path",),
        Platform.SYSTEMD: ("set_path",),
        Platform.GITHUB: ("set_repository",),
        Platform.OWN: ("set_template",),
    }
)

_SHELL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEY_NAME = re.compile(r"[-._A-Za-z0-9]+")
_ANY_NAME = re.compile(r"[^\x00-\x1f\x7f]+")


def takes_name(platform: str, name: str) -> bool:
    """Whether the platform can hold a variable of that name."""
    if platform in (Platform.KUBERNETES_SECRET, Platform.KUBERNETES_CONFIGMAP):
        return _KEY_NAME.fullmatch(name) is not None
    if platform in (Platform.HEROKU, Platform.OWN):
        return _ANY_NAME.fullmatch(name) is not None
    return _SHELL_NAME.fullmatch(name) is not None
