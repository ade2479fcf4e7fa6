"""The HTTP side of ingest: the WSGI entry point, request bodies with deadlines, cached keys, quotas."""
