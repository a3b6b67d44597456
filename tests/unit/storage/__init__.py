"""The database, files, locks and logs."""
