"""The console watches itself: checks once a minute, alerts of what fails, and the dead-man URL while all is well."""
