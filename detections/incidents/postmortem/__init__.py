"""The document: drafted from the record, edited with history, exported."""
