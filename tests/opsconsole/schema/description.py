"""What a database's schema is, whatever the order of its columns, to compare what was made in different ways."""

from __future__ import annotations

import re

import psycopg

# Each gives a name and what it is. Partitions are left out: they come and go with the days.
QUERIES = {
    "relations": """
        SELECT relname, concat_ws(' ', relkind, relpersistence, reloptions::text) FROM ours""",
    "columns": """
        SELECT relname || '.' || attname, concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, attidentity,
            attgenerated, attstorage, attcompression, attcollation::regcollation, pg_get_expr(adbin, adrelid))
        FROM ours JOIN pg_attribute ON attrelid = ours.oid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'v', 'm')""",
    "constraints": """
        SELECT relname || '.' || conname, pg_get_constraintdef(pg_constraint.oid)
        FROM ours JOIN pg_constraint ON conrelid = ours.oid""",
    "indexes": """
        SELECT relname, concat_ws(' ', pg_get_indexdef(oid), indisvalid)
        FROM ours JOIN pg_index ON indexrelid = ours.oid""",
    "triggers": """
        SELECT relname || '.' || tgname, concat_ws(' ', pg_get_triggerdef(pg_trigger.oid), tgenabled,
            obj_description(pg_trigger.oid, 'pg_trigger'))
        FROM ours JOIN pg_trigger ON tgrelid = ours.oid WHERE NOT tgisinternal""",
    "functions": """
        SELECT oid::regprocedure::text, pg_get_functiondef(oid) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND prokind IN ('f', 'p')""",
    "sequences": """
        SELECT relname, concat_ws(' ', format_type(seqtypid, NULL), seqstart, seqincrement, seqmax, seqmin, seqcache,
            seqcycle, (SELECT refobjid::regclass || '.' || refobjsubid::bool FROM pg_depend
                WHERE objid = ours.oid AND deptype IN ('a', 'i')))
        FROM ours JOIN pg_sequence ON seqrelid = ours.oid""",
    "extensions": """
        SELECT extname, extversion FROM pg_extension""",
}
OURS = """
WITH ours AS (
    SELECT * FROM pg_class WHERE relnamespace = 'public'::regnamespace AND NOT relispartition
)
"""
# A dump that is read back has the casts of literals in other places, and with them other parentheses.
CASTS = re.compile(r"::(?:character varying|text)(?:\[\])?|[()\s]")
OF_EXPRESSIONS = {"constraints", "indexes"}


def describe(url: str) -> dict[str, str]:
    """By kind and name what stands in the database at `url`."""
    with psycopg.connect(url) as link:
        return {
            f"{kind} {name}": CASTS.sub("", text) if kind in OF_EXPRESSIONS else text
            for kind, query in QUERIES.items()
            for name, text in link.execute(OURS + query)
        }
