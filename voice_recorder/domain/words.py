"""Words from below the window. They are English in the log, in the library and on the command line."""


def tr(text: str, /, **values: object) -> str:
    """``text`` in English, each ``{name}`` replaced by the value of that name.

    Also the mark by which ``make translations`` finds ``text``: give it the literal itself, never an
    f-string, and values that are written out already (``"1.5 GB"``, no format in the hole). The window knows
    what was said by its text and says it in its own language (``ui/said.py``).
    """
    return text.format(**values) if values else text
