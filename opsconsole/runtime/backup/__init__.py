"""`bin/manage backup FILE` and `bin/manage restore FILE`: everything that a console keeps, in one file.

    python -m opsconsole.runtime.backup backup|restore FILE [--data DIR]

The file is a tar archive, mode 0600:

    database.dump       pg_dump's custom format, of one snapshot; files of evidence lie in the database
    secret_key          the key that was in use
    audit_heads.jsonl   the heads of the chain of sign-offs as they were noted outside of the database, if any
    manifest.json       format, time, schema epoch, migrations, rows of each table, the chain's head; size and SHA-256
                        of each file above. The last member, so that a file that was cut off has none.

Promises: a backup is whole or does not exist; a restore verifies the whole file before it touches anything, goes only
into an empty place, and leaves that empty when it fails. Redis holds nothing that lasts and is not in it.
"""
