"""What is known of issues: found and made, counted by environment and release, their words, status and log."""
