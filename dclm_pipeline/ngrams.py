"""What all steps that cut texts into n-grams ask of their settings."""


def check_shortest(shortest: int | None, ngram: int) -> None:
    """Raise a `ValueError` where texts as long as an n-gram would be too short for one."""
    if shortest is not None and shortest > ngram:
        raise ValueError(f"shortest is {shortest}, more than ngram, {ngram}; give less, or leave it out")
