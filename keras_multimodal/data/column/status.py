"""The codes by which an exported model judges each cell that it is sent."""

import enum

import tensorflow as tf

FAR = 1e3  # standard deviations from the mean; no value of a training row is so far away
HUGE = 1e12  # a number that is not standardised


class Status(enum.IntEnum):
    """The state of a cell. Of several that are so, the last in this order is said.

    From `UNKNOWN_FORMAT` on nothing of the cell is used: the row counts as one without it.

    Example:

    >>> Status.UNSEEN.value, Status.UNSEEN.meaning
    (3, 'holds a category that training has not seen, or a text of no known word')
    """

    FINE = 0
    ABSENT = 1
    PARTLY_ABSENT = 2
    UNSEEN = 3
    LOW_RATE = 4
    HUGE = 5
    NOT_FINITE = 6
    UNKNOWN_FORMAT = 7
    DAMAGED = 8
    REFUSED = 9
    SPOILED = 10

    @property
    def meaning(self) -> str:
        """The rest of a sentence that begins with "The cell"."""
        return _MEANINGS[self]


_MEANINGS = {
    Status.FINE: "is fine",
    Status.ABSENT: "is empty, or holds nothing but missing numbers",
    Status.PARTLY_ABSENT: "lacks some of its numbers or categories, or is a text with bytes that "
    "are not UTF-8; the rest is used",
    Status.UNSEEN: "holds a category that training has not seen, or a text of no known word",
    Status.LOW_RATE: "is a recording of less than a sixteenth of the samples a second that the "
    "model hears",
    Status.HUGE: f"holds a number {FAR:.0f} standard deviations or more from training's mean, or "
    f"above {HUGE:.0e} where numbers are not standardised; it counts as one less far off",
    Status.NOT_FINITE: "holds an infinite number, which counts as missing; the rest is used",
    Status.UNKNOWN_FORMAT: "is in no format that is known; nothing of it is used",
    Status.DAMAGED: "is cut off or broken; nothing of it is used",
    Status.REFUSED: "has a header that claims more than is read, such as more pixels than "
    "`max_pixels`, or a rate of 0 Hz; nothing of it is used",
    Status.SPOILED: "is a recording with a sample that is NaN, infinite or above 1e+12; nothing of "
    "it is used",
}


def code(flags: tf.Tensor, status: Status) -> tf.Tensor:
    """Return a status where a flag is True, else `FINE`, as int32.

    Args:
        flags: Booleans.
        status: The status.
    """
    return tf.where(flags, tf.constant(status.value), Status.FINE.value)


def worst(*codes: tf.Tensor) -> tf.Tensor:
    """Return the last in the order of `Status`, row by row."""
    return tf.reduce_max(tf.stack(codes), axis=0)
