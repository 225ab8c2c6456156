"""How near written texts are to the true ones."""

from collections import Counter
from collections.abc import Sequence

import numpy as np


def text_scores(truth: Sequence[str], written: Sequence[str]) -> dict[str, float]:
    """Return how many texts are exact, and how many words texts share with the true ones.

    Words are what stands between spaces, as they are written: give both as the captioner learned
    them, in lower case if it did. A word counts as often as it stands in both.

    Args:
        truth: The true texts.
        written: What was written for the same rows, such as `TextGenerator.generate` returns.

    Returns:
        `"exact"`: the share of texts that are the same; means over the texts of `"precision"`,
        the share of a written text's words that the true one has, `"recall"`, the share of a true
        text's words that the written one has, and `"f1"`, their harmonic mean; `"rows"`. All in
        [0, 1] but the last. A text without words shares none, and all with another without any.

    Raises:
        ValueError: If there is no text, or not one for each.

    Example:

    >>> scores = text_scores(["a red cat", "dog"], ["red cat", "dog"])
    >>> scores["exact"], scores["precision"], round(scores["recall"], 3), round(scores["f1"], 3)
    (0.5, 1.0, 0.833, 0.9)

    Reference:
        Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of Text", 2016,
        section 6.1 (exact match and F1), without its dropping of articles.
    """
    if not len(truth) or len(truth) != len(written):
        raise ValueError(
            "`truth` and `written` must have a text for each row, and a row. "
            f"Received: {len(truth)} and {len(written)} texts"
        )
    rows = [_shares(true.split(), text.split()) for true, text in zip(truth, written, strict=True)]
    precision, recall, f1 = np.mean(rows, axis=0).tolist()
    exact = float(np.mean([true == text for true, text in zip(truth, written, strict=True)]))
    return {
        "exact": exact,
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "rows": len(rows),
    }


def _shares(true: list[str], written: list[str]) -> tuple[float, float, float]:
    if not true or not written:
        same = float(true == written)
        return same, same, same
    common = (Counter(true) & Counter(written)).total()
    return (
        common / len(written),
        common / len(true),
        2 * common / (len(true) + len(written)),
    )
