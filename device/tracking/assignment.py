"""Who goes with whom at the least total cost: the assignment problem, for the handful of people in a picture.

    assign([[1.0, 2.0, 9.0], [1.1, 5.0, 9.0]])      # [1, 0]: 2.0 + 1.1 is less than 1.0 + 5.0

A solver of this size is a page; scipy's costs 30 MB of memory (docs/decisions/0006).
"""

import math

Costs = list[list[float]]


def assign(cost: Costs) -> list[int]:
    """The column of every row, no column twice, so that the sum of the costs is least.

    Successive shortest augmenting paths with potentials (Kuhn, "The Hungarian method for the assignment problem",
    1955, in the form of Jonker and Volgenant, 1987).

    Args:
        cost: R rows of C finite numbers, with at least as many columns as rows.

    Raises:
        ValueError: fewer columns than rows.
    """
    rows, columns = len(cost), len(cost[0]) if cost else 0
    if columns < rows:
        raise ValueError(f"{rows} rows cannot have a column each of {columns}")
    row_price, column_price = [0.0] * rows, [0.0] * columns
    owner = [-1] * columns
    for row in range(rows):
        _augment(row, cost, owner, row_price=row_price, column_price=column_price)
    taken = {one: column for column, one in enumerate(owner) if one >= 0}
    return [taken[row] for row in range(rows)]


def _augment(row: int, cost: Costs, owner: list[int], *, row_price: list[float], column_price: list[float]) -> None:
    """Give one more row a column; others may have to change theirs. All lists but `cost` are changed in place."""
    columns = len(owner)
    distance, before = [math.inf] * columns, [-1] * columns
    reached: list[int] = []
    free = set(range(columns))
    here, length, last = row, 0.0, -1
    while True:
        for column in free:
            way = length + cost[here][column] - row_price[here] - column_price[column]
            if way < distance[column]:
                distance[column], before[column] = way, last
        nearest = min(free, key=lambda column: distance[column])
        length = distance[nearest]
        free.remove(nearest)
        if owner[nearest] < 0:
            break
        reached.append(nearest)
        here, last = owner[nearest], nearest
    row_price[row] += length
    for column in reached:
        row_price[owner[column]] += length - distance[column]
        column_price[column] -= length - distance[column]
    while nearest >= 0:
        previous = before[nearest]
        owner[nearest] = owner[previous] if previous >= 0 else row
        nearest = previous
