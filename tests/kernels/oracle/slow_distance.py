"""Edit distances of bytes by the table that everybody learns, cell by cell."""


def edit_distance(one: bytes, other: bytes) -> int:
    """Return how many bytes must be inserted, deleted or replaced."""
    before = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        row = [i]
        for j, right in enumerate(other, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right)))
        before = row
    return before[-1]
