"""What stands beside the form of a rule and needs routing or telemetry: routes that match, who is told, proposals."""
