"""As the pages write them: `2026-06-12 14:35:20 UTC`. What is not here is Django's."""

DATE_FORMAT = "Y-m-d"
DATETIME_FORMAT = r"Y-m-d H:i:s \U\T\C"
TIME_FORMAT = "H:i"
