"""Timings of things that take turns."""

import importlib.metadata
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any


def medians(runs: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median seconds of each run; they take turns, and the first two rounds don't count."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for round_ in range(rounds + 2):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            elapsed = time.perf_counter() - start
            if round_ > 1:
                times[name].append(elapsed)
    return {name: statistics.median(own) for name, own in times.items()}


def machine(*packages: str) -> str:
    """What a result was measured with: cores, Python, and the packages' versions."""
    versions = []
    for package in packages:
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"no {package}")
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {', '.join(versions)}"
