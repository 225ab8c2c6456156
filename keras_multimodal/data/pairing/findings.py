"""What was found while columns were paired."""

from collections.abc import Hashable, Mapping, Sequence

import numpy as np

from keras_multimodal.data.column.column import Column
from keras_multimodal.data.pairing.alignment import AlignedColumns
from keras_multimodal.data.pairing.checks import where
from keras_multimodal.data.pairing.report import PairingReport
from keras_multimodal.data.pairing.verification import Unreadable
from keras_multimodal.data.targets.target_labels import TargetLabels


def report_on(
    columns: Sequence[Column],
    rows: AlignedColumns,
    target: TargetLabels,
    present: np.ndarray,
    unreadable: Sequence[Unreadable],
    usable: np.ndarray,
    repeated: Mapping[str, Mapping[Hashable, int]],
    cut: tuple[Hashable, ...],
) -> PairingReport:
    """Return the count of what was matched, left out or marked absent.

    Args:
        columns: The columns before they were aligned.
        rows: The columns in one order of rows; what cannot be read is absent.
        target: The rows' target, by key.
        present: Which cells there are, `(modalities, rows)` bool, whether they can be read or not.
        unreadable: The cells that cannot be read.
        usable: Which rows are used, `(rows,)` bool.
        repeated: By column, the keys that occur in it more than once, with their counts.
        cut: The keys of the rows whose caption is cut.
    """
    groups, keys = rows.groups, rows.keys
    complete = rows.present.all(0) & target.complete(groups)
    return PairingReport(
        rows=int(usable.sum()),
        matched=int((complete & usable).sum()),
        missing={
            column.spec.name: where(keys, ~cells)
            for column, cells in zip(columns, present, strict=True)
        },
        unreadable={column.spec.name: _reasons(column, unreadable) for column in columns},
        unlabeled=where(keys, ~target.present(groups)),
        partly_labeled={
            name: where(keys, lacking) for name, lacking in target.lacking(groups).items()
        },
        dropped=where(keys, ~usable),
        unused_labels=len(target.given_keys() - set(groups)),
        duplicates=repeated,
        cut=cut,
    )


def _reasons(column: Column, unreadable: Sequence[Unreadable]) -> dict[Hashable, str]:
    """Return by key what of a column cannot be read, and why."""
    found = [cell for cell in unreadable if cell.modality == column.spec.name]
    return {**column.unreadable, **{c.key: f"{c.cell!r} {c.reason}" for c in found}}
