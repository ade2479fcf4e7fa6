"""The Celery application: tasks are found in the apps' `tasks.py`, the schedule is static and lives in settings."""

from celery import Celery

app = Celery("opsconsole")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
