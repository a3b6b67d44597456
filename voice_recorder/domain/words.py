"""Words of the domain that the window translates."""


def tr(text: str) -> str:
    """Mark ``text`` for translation; it stays as it is. ``make translations`` finds it by this name."""
    return text
