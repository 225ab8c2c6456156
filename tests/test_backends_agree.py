"""Every layer and encoder gives on JAX what it gives on TensorFlow, gradients too."""

import json
import os
import select
import subprocess
import sys

import backend_values
import numpy as np
import pytest

from keras_multimodal.testing import _training
from keras_multimodal.testing._compare import difference
from keras_multimodal.testing._gradients import evaluate_eagerly

CASES = backend_values.conformance_cases()
FIRST = {make.args[0]: name for name, make in reversed(CASES.items())}
# The dearest case takes some ten seconds, on a busy machine a minute.
LONGEST = 300


class Jax:
    """A process with the JAX backend, in which one case after the other is computed."""

    def __init__(self, folder):
        self._folder = folder
        self._process = None

    def start(self):
        with open(self._folder / "output.txt", "w") as output:
            self._process = subprocess.Popen(
                [sys.executable, backend_values.__file__],
                env={**os.environ, "KERAS_BACKEND": "jax"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            )

    def stop(self):
        if self._process is None:
            return
        self._process.stdin.close()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._process = None

    def values(self, name, weights, trains):
        """What `backend_values.answer` returns there."""
        if self._process is None:
            self.start()
        given, made = self._folder / "weights.npz", self._folder / "values.npz"
        np.savez(given, *weights)
        request = json.dumps([name, trains, str(given), str(made)])
        answer = self._ask(request)
        if answer is None:
            output = (self._folder / "output.txt").read_text()[-6000:]
            self.stop()
            raise AssertionError(f"{name}: the process with JAX has no answer. It said:\n{output}")
        if error := json.loads(answer):
            raise AssertionError(f"{name} on JAX: {error}")
        with np.load(made) as values:
            return dict(values)

    def _ask(self, request):
        """The line that answers `request`; None if the process ends, or takes too long."""
        try:
            print(request, file=self._process.stdin, flush=True)
        except BrokenPipeError:
            return None
        ready, _, _ = select.select([self._process.stdout], [], [], LONGEST)
        return (self._process.stdout.readline() or None) if ready else None


@pytest.fixture(scope="session")
def jax(tmp_path_factory):
    process = Jax(tmp_path_factory.mktemp("jax"))
    yield process
    process.stop()


@pytest.mark.parametrize("name", CASES)
def test_jax_gives_what_tensorflow_gives(jax, name):
    case = CASES[name]()
    weights = case.layer.get_weights()
    expected = backend_values.values_of(case, evaluate_eagerly)
    trains = FIRST[case.cls] == name and _training.has_loss(case)
    found = jax.values(name, weights, trains)
    if trains:
        step = _training.eager_step(case)
        if step.random:
            # Other numbers are drawn there, so that it is another step.
            del found["the loss"]
            names = [f"weight {i} after a step" for i in range(len(step.weights))]
            before = dict(zip(names, case.layer.trainable_variables, strict=True))
            moved = [name for name in names if difference(found.pop(name), before[name].numpy())]
            assert moved or not names
        else:
            after = {f"weight {i} after a step": weight for i, weight in enumerate(step.weights)}
            expected |= {"the loss": step.loss, **after}
    assert set(found) == set(expected)
    differences = [
        f"{what} differs in {text}"
        for what, value in expected.items()
        if (text := difference(found[what], value, tolerance=1e-4))
    ]
    assert not differences, "\n".join(differences)


def test_what_dies_there_is_named_with_what_it_said(tmp_path, monkeypatch):
    script = tmp_path / "dies.py"
    script.write_text("import sys\nsys.stdin.readline()\nsys.exit('out of memory')\n")
    monkeypatch.setattr(backend_values, "__file__", str(script))
    process = Jax(tmp_path)
    for _ in range(2):  # and the next case has a new process
        with pytest.raises(AssertionError, match=r"the case: .* no answer(.|\n)*out of memory"):
            process.values("the case", [np.zeros(2)], False)
