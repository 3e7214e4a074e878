"""Laying pieces into rows, slowly: every open row is looked at for every piece."""


def lay_slowly(sizes: list[int], length: int, window: int) -> tuple[list[tuple[int, int]], list[int]]:
    """Return the row and place of each piece, and the rows that were closed, in that order."""
    open_rows: list[tuple[int, int]] = []  # (number, room), in the order in which rows came to have their room
    places, closed, opened = [], [], 0
    for size in sizes:
        if size == length:
            places.append((opened, 0))
            closed.append(opened)
            opened += 1
            continue
        fitting = [row for row in open_rows if row[1] >= size]
        if fitting:
            least = min(room for _, room in fitting)
            number, room = [row for row in fitting if row[1] == least][-1]
            open_rows.remove((number, room))
        else:
            if len(open_rows) == window:
                least = min(room for _, room in open_rows)
                fullest = [row for row in open_rows if row[1] == least][-1]
                open_rows.remove(fullest)
                closed.append(fullest[0])
            number, room = opened, length
            opened += 1
        places.append((number, length - room))
        if room == size:
            closed.append(number)
        else:
            open_rows.append((number, room - size))
    return places, closed
