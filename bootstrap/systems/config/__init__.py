"""`required-config-vars.yaml` and the manifest that agents judge by: schema, import, export."""
