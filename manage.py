#!/usr/bin/env python
"""Django's command line. People use bin/manage, which brings the environment and the services with it."""

import os
import sys


def main() -> None:
    """Run the command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")
    from opsconsole.commandline import execute

    execute(sys.argv)


if __name__ == "__main__":
    main()
