"""What pairing found: which rows have everything, and what the others lack."""

import dataclasses
import json
from collections.abc import Hashable, Mapping

from keras_multimodal.data.column.cells import name_keys


@dataclasses.dataclass(frozen=True, kw_only=True)
class PairingReport:
    """The count of everything that `pair` matched, left out or marked absent.

    Args:
        rows: How many rows there are after pairing.
        matched: How many rows have every modality and, where there are labels, all of them.
        missing: For each modality, the keys of the rows that lack it.
        unreadable: For each modality, by key, the file that cannot be read and what is wrong.
        unlabeled: The keys of the rows that lack a label, or, of several, all of them.
        partly_labeled: For each of several targets, the keys of the rows that lack it and have
            another.
        dropped: The keys of the rows that were left out.
        unused_labels: How many labels belong to no row.
        duplicates: For each modality, the keys that occur more than once, with their counts.
        cut: The keys of the rows whose caption was longer than its target keeps, and is cut.

    Example:

    >>> print(PairingReport(rows=2, matched=1, missing={"image": (), "text": ("b",)}))
    2 rows, 1 of them with everything
      without text: 1 ('b')
    """

    rows: int
    matched: int
    missing: Mapping[str, tuple[Hashable, ...]]
    unreadable: Mapping[str, Mapping[Hashable, str]] = dataclasses.field(default_factory=dict)
    unlabeled: tuple[Hashable, ...] = ()
    partly_labeled: Mapping[str, tuple[Hashable, ...]] = dataclasses.field(default_factory=dict)
    dropped: tuple[Hashable, ...] = ()
    unused_labels: int = 0
    duplicates: Mapping[str, Mapping[Hashable, int]] = dataclasses.field(default_factory=dict)
    cut: tuple[Hashable, ...] = ()

    def __str__(self) -> str:
        lines = [f"{self.rows} rows, {self.matched} of them with everything"]
        for name, keys in self.missing.items():
            if keys:
                lines.append(f"  without {name}: {len(keys)} ({name_keys(keys)})")
        for name, files in self.unreadable.items():
            if files:
                lines.append(f"  unreadable {name}: {len(files)} ({name_keys(list(files))})")
        if self.unlabeled:
            lines.append(f"  without label: {len(self.unlabeled)} ({name_keys(self.unlabeled)})")
        for name, keys in self.partly_labeled.items():
            if keys:
                lines.append(f"  without {name}: {len(keys)} ({name_keys(keys)})")
        for name, counts in self.duplicates.items():
            if counts:
                lines.append(f"  repeated in {name}: {len(counts)} ({name_keys(list(counts))})")
        if self.cut:
            lines.append(f"  captions cut: {len(self.cut)} ({name_keys(self.cut)})")
        if self.dropped:
            lines.append(f"  left out: {len(self.dropped)} ({name_keys(self.dropped)})")
        if self.unused_labels:
            lines.append(f"  labels of no row: {self.unused_labels}")
        return "\n".join(lines)

    def to_json(self) -> str:
        """Return the report as JSON text; keys that JSON does not know are written as text."""
        content = {
            "rows": self.rows,
            "matched": self.matched,
            "missing": {name: list(keys) for name, keys in self.missing.items()},
            "unreadable": {
                name: [[key, reason] for key, reason in files.items()]
                for name, files in self.unreadable.items()
            },
            "unlabeled": list(self.unlabeled),
            "partly_labeled": {name: list(keys) for name, keys in self.partly_labeled.items()},
            "dropped": list(self.dropped),
            "unused_labels": self.unused_labels,
            "duplicates": {
                name: [[key, count] for key, count in counts.items()]
                for name, counts in self.duplicates.items()
            },
            "cut": list(self.cut),
        }
        return json.dumps(content, indent=1, ensure_ascii=False, default=str)
