"""Which texts a database column can hold: text from outside may not be one of them."""


def storable(text: str) -> bool:
    """Whether every supported database can hold this text.

    PostgreSQL has no NUL in text (https://www.postgresql.org/docs/current/datatype-character.html)
    and no driver encodes half of a surrogate pair. No stored id has either.
    """
    return text.isprintable() or ("\x00" not in text and _encodes(text))


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
