"""The shell around every page."""

from django.apps import AppConfig


class OpsconsoleConfig(AppConfig):
    """Makes the Celery application known and starts self-observation, once the settings are read."""

    name = "opsconsole"
    verbose_name = "Console"

    def ready(self) -> None:
        # Makes the console's Celery the current one: tasks are sent by name from every process, commands too.
        from opsconsole import celery  # noqa: F401
        from opsconsole.env import read

        if dsn := read("SENTRY_DSN"):
            # Only now: the SDK costs each process 15 MB, and most consoles do not report elsewhere.
            from opsconsole.sentry import init_sentry

            init_sentry(dsn)
