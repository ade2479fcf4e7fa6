#!/usr/bin/env python
"""Django's command line. People use bin/manage, which brings the environment and the services with it."""

import os
import sys


def main() -> None:
    """Run the command; a database that was never set up is told in a sentence."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")
    from django.core.management import execute_from_command_line
    from django.db.utils import ProgrammingError
    from psycopg.errors import UndefinedTable

    try:
        execute_from_command_line(sys.argv)
    except ProgrammingError as error:
        if not isinstance(error.__cause__, UndefinedTable):
            raise
        sys.exit("The console's database is not set up (or older than this code). Start the console once: bin/run")


if __name__ == "__main__":
    main()
