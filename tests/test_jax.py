"""What is written in `keras.ops` alone passes its tests on the JAX backend too."""

import os
import pathlib
import subprocess
import sys

import pytest

TESTS = pathlib.Path(__file__).parent
# Most of the time would go into making small programs fast that run once.
QUICK_TO_COMPILE = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"


@pytest.mark.slow
@pytest.mark.parametrize("room", ["ops", "layers", "encoders", "decoders/test_decoders.py"])
def test_a_room_on_jax(room):
    process = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", TESTS / room],
        env={**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": QUICK_TO_COMPILE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout[-6000:]
    assert " passed" in process.stdout
