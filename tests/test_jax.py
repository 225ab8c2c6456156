"""What the layers are made of passes its tests on the JAX backend too.

The layers and encoders themselves: `test_backends_agree`.
"""

import os
import pathlib
import subprocess
import sys

import pytest

TESTS = pathlib.Path(__file__).parent


@pytest.mark.parametrize("room", ["ops", "decoders/test_decoders.py", "metrics"])
def test_a_room_on_jax(room):
    process = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", TESTS / room],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout[-6000:]
    assert " passed" in process.stdout
