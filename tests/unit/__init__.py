"""Each module on its own: mirrors the package."""
