"""`required-config-vars.yaml` (schema, import, export) and the manifest that agents judge by."""
