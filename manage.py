#!/usr/bin/env python
"""Django's command line. Operators use bin/manage, which sets the environment and starts the servers."""

import os
import sys


def main() -> None:
    """Run the command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")
    from opsconsole.commandline import execute
    from opsconsole.lib.call_stack import with_room

    with_room(execute, sys.argv)


if __name__ == "__main__":
    main()
