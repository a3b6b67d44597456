"""Files and the database: where they are, how they are opened, read and written."""
