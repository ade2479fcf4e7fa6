"""What somebody with a public DSN must not be able to do."""
