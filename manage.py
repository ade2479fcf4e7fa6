#!/usr/bin/env python
"""Django's command line. People use bin/manage, which brings the environment and the services with it."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
