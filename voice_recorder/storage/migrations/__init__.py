"""Numbered Alembic migrations of the library."""
