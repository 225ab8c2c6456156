"""The scores of a run's models."""

import dataclasses
from collections.abc import Mapping
from typing import Any

# What the first number of each task's scores is, and whether more of it is better.
_HEADLINE = {
    "classification": ("accuracy", True),
    "regression": ("mae", False),
    "generation": ("f1", True),
    "retrieval": ("recall@10", True),
}
ALL = "all"  # the model of all modalities
ALONE = " alone"  # behind the modality that a model is of


@dataclasses.dataclass(frozen=True)
class Scores:
    """The scores of each model, and of guessing.

    `str` is what the command line prints of them.

    Args:
        task: The task's name.
        test: By model the scores on the test rows; `"guessing"` is who knows the training rows'
            targets alone, `"all"` the model of all modalities.
        validation: The scores of `"all"` on the validation rows.

    Example:

    >>> test = {"note alone": {"f1": 0.5}, "all": {"f1": 0.625}}
    >>> scores = Scores("generation", test, validation={"f1": 0.5})
    >>> scores.best_single, scores.fusion_gains
    ('note alone', True)
    """

    task: str
    test: Mapping[str, Mapping[str, Any]]
    validation: Mapping[str, Any]

    @property
    def headline(self) -> str:
        """The name of the task's first score."""
        return _HEADLINE[self.task][0]

    @property
    def best_single(self) -> str | None:
        """The best model of one modality; `None` where there is none."""
        alone = [name for name in self.test if name.endswith(ALONE)]
        if not alone:
            return None
        best = max if self._more_is_better else min
        return best(alone, key=lambda name: self.test[name][self.headline])

    @property
    def fusion_gains(self) -> bool:
        """True if all modalities together are better than the best single one."""
        if self.best_single is None:
            return False
        together = self.test[ALL][self.headline]
        single = self.test[self.best_single][self.headline]
        return together > single if self._more_is_better else together < single

    @property
    def validation_gap(self) -> str:
        """A sentence where the validation rows are easier than chance lets them be, else `""`."""
        name = self.headline
        interval = f"{name}_interval_95"
        if interval not in self.test[ALL]:
            return ""
        (low, high), (test_low, test_high) = self.validation[interval], self.test[ALL][interval]
        if not (low > test_high if self._more_is_better else high < test_low):
            return ""
        return (
            f"On the validation rows all has {self.validation[name]:.3f} ({low:.3f} to "
            f"{high:.3f}): the test rows are harder, or unlike those. Rows to come may be, too; "
            "`group` keeps rows of one kind, such as a person's, out of both."
        )

    def __str__(self) -> str:
        name = self.headline
        lines = [f"On the test rows, {name}:"]
        width = max(map(len, self.test))
        for label, scores in self.test.items():
            interval = scores.get(f"{name}_interval_95")
            reach = f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else ""
            chance = f", chance {scores['chance@10']:.3f}" if "chance@10" in scores else ""
            lines.append(f"  {label:{width}s} {scores[name]:.3f}{reach}{chance}")
        if self.validation_gap:
            lines.append(self.validation_gap)
        return "\n".join(lines)

    @property
    def _more_is_better(self) -> bool:
        return _HEADLINE[self.task][1]
