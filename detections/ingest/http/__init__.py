"""The HTTP side of ingest: the WSGI entry point, request bodies, cached keys, quotas."""
