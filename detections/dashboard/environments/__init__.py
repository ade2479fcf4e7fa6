"""Names of environments that events carry and no environment has: the page that links one."""
