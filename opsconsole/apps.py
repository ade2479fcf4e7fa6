"""Django's configuration of the console itself."""

from django.apps import AppConfig


class OpsconsoleConfig(AppConfig):
    """Registers the Celery application and starts error reporting when SENTRY_DSN is set."""

    name = "opsconsole"
    verbose_name = "Console"

    def ready(self) -> None:
        # Importing it makes it Celery's current application: every process, commands included, sends tasks by name.
        from opsconsole import celery  # noqa: F401
        from opsconsole.env.variables import read

        if dsn := read("SENTRY_DSN"):
            # Imported only here: the SDK takes 15 MB in each process, and most consoles do not use it.
            from opsconsole.sentry import init_sentry

            init_sentry(dsn)
