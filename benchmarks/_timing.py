"""Timings of things that take turns, and what memory they take."""

import ctypes
import importlib.metadata
import os
import pathlib
import platform
import random
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any


def medians(runs: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median seconds of each run; they take turns, and the first two rounds don't count.

    Each round has an order of its own: who comes after PyTorch meets its threads, which wait for
    more to do for some milliseconds before they leave the cores.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    order, generator = list(runs), random.Random(0)
    for round_ in range(rounds + 2):
        generator.shuffle(order)
        for name in order:
            start = time.perf_counter()
            runs[name]()
            elapsed = time.perf_counter() - start
            if round_ > 1:
                times[name].append(elapsed)
    return {name: statistics.median(own) for name, own in times.items()}


def peak(run: Callable[[], Any]) -> float:
    """MiB by which the process grows in a run, above what it holds before it; Linux only."""
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = _status("VmRSS")
    run()
    return (_status("VmHWM") - before) / 1024


def _status(field: str) -> int:
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(field))
    return int(line.split()[1])


def machine(*packages: str) -> str:
    """What a result was measured with: cores, Python, and the packages' versions."""
    versions = []
    for package in packages:
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"no {package}")
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {', '.join(versions)}"
