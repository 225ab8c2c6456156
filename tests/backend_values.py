"""What every layer and encoder makes of its conformance cases, on the backend that Keras has.

As a program, `python backend_values.py WEIGHTS VALUES`, it is given weights, writes down values,
and takes a step of `fit` with each class.
"""

import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).parent


def conformance_cases():
    """The cases of the layers and of the encoders, by a name that is the same in each process."""
    from keras_multimodal.testing._case import Case

    sys.path[:0] = [str(HERE / "layers"), str(HERE / "encoders")]
    import test_conformance
    import test_encoder_conformance

    cases = []
    for parameters in test_conformance.CASES:
        cls, options, inputs, masks, expected = parameters.values
        shape, mask = expected["expected_output_shape"], expected["expected_output_mask"]
        cases.append(Case(cls, options, inputs, masks, expected["call_kwargs"] or {}, shape, mask))
    for cls, options, inputs, shape, mask in test_encoder_conformance.CASES:
        cases.append(Case(cls, options, inputs, None, {}, shape, mask))
    return {f"{i} {case.cls.__name__}": case for i, case in enumerate(cases)}


def values_of(case, weights=None):
    """A layer's weights, and its outputs, masks and gradients with NaN at the masked places.

    Args:
        case: The layer and its inputs.
        weights: What its weights are to be, in their order; random by default.
    """
    from keras_multimodal.testing._case import widen
    from keras_multimodal.testing._gradients import gradients

    layer = case.make_built()
    if weights is not None:
        layer.set_weights(weights)
    spoilt = {i: case.leaves[i].with_masked_content(float("nan")) for i in case.masked}
    leaves = case.replace(spoilt)
    outputs = case.call(layer, leaves)
    found = gradients(case, layer, leaves)
    values = {f"the output {i}": value for i, value in enumerate(outputs.values)}
    for i, mask in enumerate(outputs.masks):
        if mask is not None:
            # What stands at a masked place of the output is nobody's business.
            values[f"the mask {i}"] = mask
            valid = widen(mask, outputs.values[i].ndim)
            values[f"the output {i}"] = np.where(valid, outputs.values[i], 0)
    values |= {f"the gradient of weight {i}": g for i, g in enumerate(found.weights.values())}
    values |= {f"the gradient of input {i}": g for i, g in found.inputs.items()}
    return layer.get_weights(), values


def main(weights_file, values_file):
    from keras_multimodal.testing._training import fit_step

    given = np.load(weights_file)
    found, trained = {}, set()
    for name, case in conformance_cases().items():
        count = sum(key.startswith(f"{name}/") for key in given)
        weights = [given[f"{name}/{i}"] for i in range(count)]
        values = values_of(case, weights)[1]
        found |= {f"{name}/{what}": value for what, value in values.items()}
        if case.cls not in trained:
            fit_step(case)
            trained.add(case.cls)
    np.savez(values_file, **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
