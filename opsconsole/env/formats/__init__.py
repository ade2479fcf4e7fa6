"""How Django writes days and times where nothing else is said, as in the admin (FORMAT_MODULE_PATH)."""
