"""Users and API tokens."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person. Custom from the first migration, so that it can grow."""

    time_zone = models.CharField(
        max_length=64, default="UTC", help_text="IANA zone shown beside UTC, e.g. Europe/Berlin."
    )


# Of a name kept with an act: first and last name (150 each), and the name of a token (100) with the words around it.
ACTOR_LENGTH = 500


class ApiToken(models.Model):
    """A bearer token of the read API. Only its SHA-256 is kept; the token itself is shown once."""

    class Scope(models.TextChoices):
        READ = "read", "Read"
        WRITE = "write", "Read and write"

    name = models.CharField(max_length=100, help_text="What uses it; logs name this as the actor.")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_tokens")
    scope = models.CharField(max_length=5, choices=Scope.choices, default=Scope.READ)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False, help_text="First characters, to recognise it by.")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"
