"""Numbers of people as a partner is told them: in tens, and none below a floor. Pure."""

FLOOR, STEP = 20, 10


def rounded(count: int) -> int:
    """The count rounded down to tens; 0 stands for fewer than `FLOOR`, whether or not there is anybody."""
    return 0 if count < FLOOR else count - count % STEP
