"""The admin of telemetry: projects and keys are edited, what was received is read only."""
