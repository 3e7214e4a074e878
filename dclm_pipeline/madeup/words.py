"""Lists of words, written as one string each so that they stay readable."""


def words(text: str) -> tuple[str, ...]:
    """Return what stands between white space."""
    return tuple(text.split())


def phrases(text: str) -> tuple[str, ...]:
    """Return what stands between commas."""
    return tuple(text.split(","))
