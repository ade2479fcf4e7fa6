#!/usr/bin/env python
"""Django's command line. People use bin/manage, which brings the environment and the services with it."""

import os
import sys


def main() -> None:
    """Run the command; a database that was never set up is told in a sentence."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")
    from django.conf import settings
    from django.db.utils import ProgrammingError
    from psycopg.errors import UndefinedTable

    from opsconsole.commandline import Commands

    try:
        Commands(sys.argv).execute()
    except ProgrammingError as error:
        if not isinstance(error.__cause__, UndefinedTable):
            raise
        sys.exit(
            f"The console's database in {settings.DATA_DIR} is not set up (or older than this code). Start it once "
            "with bin/run; a console that runs with another --data DIR is reached by bin/manage --data DIR."
        )


if __name__ == "__main__":
    main()
