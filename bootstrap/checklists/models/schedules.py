"""What says that a checklist is worked through again and again in an environment."""

from __future__ import annotations

from datetime import UTC, date, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo, available_timezones

import pghistory
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from bootstrap.checklists.models.content import Checklist
from bootstrap.checklists.schedules.calendar import FIRST_DAY, LAST_DAY, MOST, Cadence, Period
from bootstrap.checklists.schedules.calendar import Unit as CadenceUnit
from bootstrap.systems.models import Environment
from opsconsole.accounts.models import Owner

PERIOD = "{period}"
LONGEST_EXPIRY = 3660  # days: ten years


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class RunSchedule(models.Model):
    """Opens a run of the newest version of a checklist in an environment for each period (`schedules.calendar`).

    `next_at` is when it has something to do next: None while it is paused. A run of a period that is over is closed, as
    finished or as missed.
    """

    class Unit(models.TextChoices):
        DAY = "day", "days"
        WEEK = "week", "weeks"
        MONTH = "month", "months"
        QUARTER = "quarter", "quarters"
        YEAR = "year", "years"

    checklist = models.ForeignKey(Checklist, on_delete=models.PROTECT, related_name="schedules")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="schedules")
    subject = models.CharField(
        max_length=200,
        default=PERIOD,
        verbose_name="What a run is about",
        help_text="{period} stands for the period's name, such as 2026-Q4 or week 48 of 2026.",
    )
    every = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MOST)],
        help_text=f"How many of these units a period has, from 1 to {MOST}.",
    )
    unit = models.CharField(max_length=7, choices=Unit.choices, default=Unit.QUARTER)
    starts_on = models.DateField(
        verbose_name="First day",
        help_text="Later periods start on the same day of the week, or of the month: on the last one where the month "
        "is shorter.",
    )
    at = models.TimeField(default=time(9), verbose_name="At", help_text="By the clocks of the zone.")
    zone = models.CharField(max_length=64, default="UTC", help_text="IANA name, e.g. Europe/Berlin.")
    due_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        verbose_name="Days until it is due",
        help_text="Counted from the start of the period; empty: until the next one starts.",
    )
    expires_after = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_EXPIRY)],
        verbose_name="Days a signature holds",
        help_text="So long an item's last signature goes on proving prerequisites once its run was closed by the "
        "schedule, or with everything done. At least as long as a period.",
    )
    owner = models.ForeignKey(
        Owner, on_delete=models.SET_NULL, null=True, blank=True, related_name="schedules", help_text="Who sees to it."
    )
    active = models.BooleanField(default=True, help_text="Paused, it opens and closes nothing.")
    next_at = models.DateTimeField(null=True, blank=True, editable=False)
    problem = models.CharField(
        max_length=500, blank=True, editable=False, help_text="Why the last run could not be opened; it is tried again."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    revision = models.PositiveIntegerField(
        default=0, editable=False, help_text="Compare-and-set: a change names the one it saw."
    )

    class Meta:
        ordering = ["checklist__title", "environment", "pk"]
        verbose_name = "schedule of runs"
        verbose_name_plural = "schedules of runs"
        constraints = [
            models.UniqueConstraint(
                fields=["checklist", "environment", "subject"],
                name="schedule_once",
                violation_error_message="There is a schedule of this checklist with this subject in this environment "
                "already: change that one, or write another subject, e.g. Second team {period}.",
            ),
            models.CheckConstraint(condition=Q(every__gte=1), name="schedule_every_at_least_one"),
            models.CheckConstraint(condition=Q(subject__contains=PERIOD), name="schedule_subject_has_the_period"),
        ]
        indexes = [models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="schedule_next_at")]

    def __str__(self) -> str:
        return f"{self.checklist} in {self.environment}, {self.cadence.describe()}"

    @property
    def cadence(self) -> Cadence:
        """Its calendar. The fields are valid where `clean` has passed."""
        return Cadence(self.starts_on, self.at, ZoneInfo(self.zone), cast(CadenceUnit, str(self.unit)), self.every)

    def subject_of(self, period: Period) -> str:
        """What the run of the period is about."""
        return self.subject.replace(PERIOD, period.name)

    def due_on(self, period: Period) -> date:
        """The last day (UTC) for the run of the period: a whole one, before the next period starts and closes it."""
        last = period.end.astimezone(UTC).date() - timedelta(days=1)
        first = period.start.astimezone(UTC).date()
        return min(last, first + timedelta(days=self.due_days)) if self.due_days else last

    def clean(self) -> None:
        """What the fields have to say together. Raises ValidationError by field."""
        wrong: dict[str, str] = {}
        if self.zone not in available_timezones():
            wrong["zone"] = f"{self.zone!r} is no IANA zone; write e.g. America/New_York or Europe/Berlin."
        if self.subject and PERIOD not in self.subject:
            wrong["subject"] = "Write {period} where the period's name goes: each run is about another one."
        if self.starts_on and not FIRST_DAY <= self.starts_on <= LAST_DAY:
            wrong["starts_on"] = f"The first day is from {FIRST_DAY} to {LAST_DAY}."
        if self.checklist_id and self.environment_id and self.checklist.system_id != self.environment.system_id:
            wrong["environment"] = f"{self.checklist} is a checklist of another system than {self.environment.path}."
        if self._may_be_counted(wrong) and self.expires_after < (most := self.cadence.longest.days):
            wrong["expires_after"] = f"A signature has to hold at least until the next run can be signed: {most} days."
        if wrong:
            raise ValidationError(wrong)

    def _may_be_counted(self, wrong: dict[str, str]) -> bool:
        given = (self.starts_on, self.at, self.every, self.expires_after)
        return not wrong and None not in given and self.unit in self.Unit.values
