"""Symmetric trees, walked one row and one question at a time."""


def ask(forest, row):
    """Return the sum of what the trees say about a row, in the order of the trees."""
    import numpy as np

    total = np.float32(0)
    for asked, thresholds, leaves in zip(forest.asked, forest.thresholds, forest.leaves, strict=True):
        place = 0
        for feature, threshold in zip(asked, thresholds, strict=True):
            place = 2 * place + int(row[feature] > threshold)
        total += leaves[place]
    return total
