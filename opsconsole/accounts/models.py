"""Users, owners and API tokens."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser, Group
from django.db import models


class User(AbstractUser):
    """A person. A custom model from the first migration on, since Django cannot swap it in later."""

    time_zone = models.CharField(
        max_length=64, default="UTC", help_text="IANA zone shown beside UTC, e.g. Europe/Berlin."
    )


class Owner(models.Model):
    """Who answers for something: a name that texts use, e.g. sre-agent, and the person or the group behind it.

    Texts name owners, and need not wait until one exists. Which targets reach an owner is said in the alerts room
    (`OwnerTarget`).
    """

    name = models.CharField(
        max_length=160,
        unique=True,
        help_text="As rules, checklists and systems write it, e.g. sre-agent. They find the owner by this name.",
    )
    user = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="owners",
        verbose_name="person",
        help_text="The person behind the name; empty for a group, or where a target alone answers.",
    )
    group = models.ForeignKey(
        Group,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="owners",
        help_text="The group of people behind the name; any of them may take what is handed to it.",
    )
    description = models.CharField(
        max_length=300, blank=True, help_text="What it is called for, shown where people choose whom to tell."
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user__isnull=True) | models.Q(group__isnull=True),
                name="owner_person_or_group",
                violation_error_message="An owner is a person or a group, not both.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def bound_to(self) -> str:
        """The person or the group behind the name; '' where nobody is bound to it. Load both with it."""
        return str(self.user or self.group or "")


# The longest actor name in a log: first and last name (150 each), a token's name (100) and the words between.
ACTOR_LENGTH = 500


class ApiToken(models.Model):
    """A bearer token of the API. Only its SHA-256 is stored; the token itself is shown once."""

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
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"


class FailedLogin(models.Model):
    """A wrong password, of which only the time is kept. Deleting the rows of an account unlocks it."""

    name_hash = models.CharField(max_length=64, editable=False, help_text="Of the account, or of the name typed.")
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="failed_logins")
    address = models.CharField(max_length=50, help_text="IPv4 address or IPv6 network that it came from.")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["address", "-at"], name="failed_login_by_address"),
            models.Index(fields=["at"], name="failed_login_by_time"),
        ]
        verbose_name = "failed sign-in"

    def __str__(self) -> str:
        return f"{self.user or 'unknown name'} from {self.address}, {self.at:%Y-%m-%d %H:%M} UTC"
