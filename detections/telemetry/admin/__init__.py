"""The admin of telemetry: projects and keys are editable, received data is read only."""
