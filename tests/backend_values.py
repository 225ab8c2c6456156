"""What every layer and encoder makes of its conformance cases, on the backend that Keras has.

As a program, `python backend_values.py`, it answers requests on its standard input, one a line,
until that is closed.
"""

import functools
import json
import os
import pathlib
import sys
import traceback

import numpy as np

HERE = pathlib.Path(__file__).parent


def conformance_cases():
    """Return what makes each case of the layers and encoders, by a name all processes share."""
    from keras_multimodal.testing._case import Case

    sys.path[:0] = [str(HERE / "layers"), str(HERE / "encoders")]
    import test_conformance
    import test_encoder_conformance

    cases = []
    for parameters in test_conformance.CASES:
        cls, options, inputs, masks, expected = parameters.values
        shape, mask = expected["expected_output_shape"], expected["expected_output_mask"]
        called = expected["call_kwargs"] or {}
        cases.append((cls, options, inputs, masks, called, shape, mask))
    for cls, options, inputs, shape, mask in test_encoder_conformance.CASES:
        cases.append((cls, options, inputs, None, {}, shape, mask))
    return {
        f"{i} {case[0].__name__}": functools.partial(Case, *case) for i, case in enumerate(cases)
    }


def values_of(case, evaluate):
    """Return a layer's outputs, masks and gradients with NaN at the masked places of its inputs.

    Args:
        case: The layer and its inputs.
        evaluate: What works them out, from the case and the inputs.
    """
    from keras_multimodal.testing._leaves import widen

    spoilt = {i: case.leaves[i].with_masked_content(float("nan")) for i in case.masked}
    found = evaluate(case, case.replace(spoilt))
    outputs = found.outputs
    values = {f"the output {i}": value for i, value in enumerate(outputs.values)}
    for i, mask in enumerate(outputs.masks):
        if mask is not None:
            # What stands at a masked place of the output is nobody's business.
            values[f"the mask {i}"] = mask
            valid = widen(mask, outputs.values[i].ndim)
            values[f"the output {i}"] = np.where(valid, outputs.values[i], 0)
    values |= {f"the gradient of weight {i}": g for i, g in enumerate(found.weights.values())}
    values |= {f"the gradient of input {i}": g for i, g in found.inputs.items()}
    return values


def answer(case, weights, trains):
    """Return what the compiled layer makes of its case and, if it `trains`, of a step of `fit`."""
    import keras

    from keras_multimodal.testing import _training
    from keras_multimodal.testing._gradients import evaluate_compiled

    keras.utils.set_random_seed(0)
    case.build(weights)
    values = values_of(case, evaluate_compiled)
    if trains:
        step = _training.take_step(case, _training.fitted_model(case))
        values["the loss"] = step.loss
        values |= {f"weight {i} after a step": weight for i, weight in enumerate(step.weights)}
    return values


def main():
    # What is printed, here or by a library, must not come between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    cases = conformance_cases()
    for line in sys.stdin:
        name, trains, weights_file, values_file = json.loads(line)
        error = None
        try:
            with np.load(weights_file) as given:
                weights = [given[key] for key in given]
            np.savez(values_file, **answer(cases[name](), weights, trains))
        except Exception:
            error = traceback.format_exc()
        print(json.dumps(error), file=answers, flush=True)


if __name__ == "__main__":
    main()
