"""Every layer and encoder gives on JAX what it gives on TensorFlow, gradients too."""

import os
import pathlib
import subprocess
import sys

import backend_values
import numpy as np
import pytest

from keras_multimodal.testing._compare import difference


@pytest.mark.slow
def test_jax_gives_what_tensorflow_gives(tmp_path):
    weights, expected = {}, {}
    for name, case in backend_values.conformance_cases().items():
        own, values = backend_values.values_of(case)
        weights |= {f"{name}/{i}": weight for i, weight in enumerate(own)}
        expected |= {f"{name}/{what}": value for what, value in values.items()}
    np.savez(tmp_path / "weights.npz", **weights)
    script = pathlib.Path(backend_values.__file__)
    process = subprocess.run(
        [sys.executable, script, tmp_path / "weights.npz", tmp_path / "values.npz"],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr[-6000:]
    found = np.load(tmp_path / "values.npz")
    assert set(found) == set(expected)
    differences = [
        f"{what} differs in {text}"
        for what, value in expected.items()
        if (text := difference(found[what], value, tolerance=1e-4))
    ]
    assert not differences, "\n".join(differences)
