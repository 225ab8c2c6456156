"""Whether a model fits the schema that it is to be exported with."""

from typing import Any

import keras

from keras_multimodal._inner_names import inner_name
from keras_multimodal.encoders._embedded_ids import check_model_ids
from keras_multimodal.schema import ClassTarget, NumberTarget, Schema, Targets


def model_input(model: keras.Model) -> Any:
    """Return the symbolic tensors that the model takes: one, or a list or dict of them."""
    return model.inputs[0] if isinstance(model, keras.Sequential) else model.input


def model_output(model: keras.Model) -> Any:
    """Return the structure of symbolic tensors that the model returns."""
    return model.outputs[0] if isinstance(model, keras.Sequential) else model.output


def check_inputs(model: keras.Model, schema: Schema) -> None:
    """Compare the model's inputs with those that the schema describes.

    Raises:
        ValueError: If names, shapes or dtypes differ, the model has no inputs of its own, or a text
            or category has more ids than the model has embeddings.
    """
    if not getattr(model, "inputs", None):
        raise ValueError(
            "`model` must be a Functional model, or a Sequential one that starts with a "
            f"`keras.Input`. Received: model={model.name!r} of type {type(model).__name__}"
        )
    obstacles = [modality.obstacle for modality in schema.inputs if modality.obstacle]
    if obstacles:
        raise ValueError(
            "`preprocessing` must be such that a SavedModel can hold it. "
            f"Received: {'; '.join(obstacles)}"
        )
    described = _described_inputs(schema)
    received = {
        tensor.name: (tuple(tensor.shape), keras.backend.standardize_dtype(tensor.dtype))
        for tensor in model.inputs
    }
    if set(described) != set(received):
        raise ValueError(
            f"`model` must have the inputs that `preprocessing` describes: {sorted(described)}. "
            f"Received: model={model.name!r} with the inputs {sorted(received)}. "
            "`tasks.inputs(schema)` makes those of a schema; `Schema([schema[name], ...], "
            "schema.target)` describes fewer modalities"
        )
    for name, (shape, dtype) in described.items():
        model_shape, model_dtype = received[name]
        if model_dtype != dtype or not _accepts(model_shape, shape):
            raise ValueError(
                f"`model` must take {name!r} as `preprocessing` makes it: shape {shape}, dtype "
                f"{dtype}. Received: model={model.name!r} with the input {name!r} of shape "
                f"{model_shape}, dtype {model_dtype}"
            )
    check_model_ids(model, schema)


def check_outputs(model: keras.Model, schema: Schema) -> None:
    """Check that the model returns one tensor, or tensors by name, with the schema's targets.

    Raises:
        ValueError: If they do not.
    """
    output = model_output(model)
    if isinstance(output, (list, tuple)) or (
        isinstance(output, dict) and any(map(keras.tree.is_nested, output.values()))
    ):
        raise ValueError(
            "`model` must return one tensor, or a dict of tensors by name. "
            f"Received: model={model.name!r}, which returns a {type(output).__name__} of "
            f"{len(output)}"
        )
    if isinstance(schema.target, Targets):
        names = list(map(inner_name, schema.target.names))
        if not isinstance(output, dict) or set(output) != set(names):
            received = sorted(output) if isinstance(output, dict) else tuple(output.shape)
            raise ValueError(
                "`model` must return a dict of the targets of `preprocessing`, "
                f"{names}. "
                f"Received: model={model.name!r} with the outputs {received}"
            )
        for target in schema.target:
            if isinstance(target, NumberTarget):
                _check_numbers(model, target, output[inner_name(target.name)])
            else:
                _check_classes(model, target, output[inner_name(target.name)])
    elif isinstance(schema.target, NumberTarget):
        number = output.get(schema.target.name) if isinstance(output, dict) else output
        _check_numbers(model, schema.target, number)
    elif isinstance(schema.target, ClassTarget):
        if isinstance(output, dict):
            if "probabilities" not in output or "label" in output:
                raise ValueError(
                    "`model` must have an output 'probabilities' and none called 'label', which is "
                    f"added from the classes. Received: model={model.name!r} with the outputs "
                    f"{sorted(output)}"
                )
            output = output["probabilities"]
        _check_classes(model, schema.target, output)


def _check_numbers(model: keras.Model, target: NumberTarget, output: Any) -> None:
    count = len(target.columns)
    if output is None or len(output.shape) not in (2, 3) or output.shape[1] != count:
        raise ValueError(
            f"`model` must return {target.name!r} with a number for each of "
            f"{list(target.columns)}: shape {(None, count)}. "
            f"Received: model={model.name!r} with the output {output}"
        )


def _check_classes(model: keras.Model, target: ClassTarget, output: Any) -> None:
    if tuple(output.shape) != (None, len(target.classes)):
        raise ValueError(
            "`model` must return a probability for each class of `preprocessing`: shape "
            f"{(None, len(target.classes))} for {list(target.classes)}. "
            f"Received: model={model.name!r} with the output shape {tuple(output.shape)}"
        )


def check_probabilities(model: keras.Model, schema: Schema) -> None:
    """Run the model on one row of ones and check that the classes' probabilities sum to one.

    Raises:
        ValueError: If they do not, as where the model returns logits.
    """
    targets = schema.target if isinstance(schema.target, Targets) else (schema.target,)
    classes = [target for target in targets if isinstance(target, ClassTarget)]
    if not classes:
        return
    row = keras.tree.map_structure(
        lambda tensor: keras.ops.ones((1, *_known(tensor.name, schema)), tensor.dtype),
        model_input(model),
    )
    outputs = model(row, training=False)
    for target in classes:
        name = "probabilities"
        if isinstance(schema.target, Targets):
            name = inner_name(target.name)
        probabilities = outputs[name] if isinstance(outputs, dict) else outputs
        values = keras.ops.convert_to_numpy(keras.ops.cast(probabilities, "float32"))[0]
        # Half precision is good to about 0.1% a class.
        total = 1 if target.multi_label else values.sum()
        if not (values.min() >= 0 and values.max() <= 1 + 1e-2 and abs(total - 1) < 1e-2):
            raise ValueError(
                "`model` must return probabilities that sum to 1: let its head end in a softmax, "
                "or export `keras.Model(model.input, keras.ops.softmax(model.output))`. Received: "
                f"model={model.name!r}, which returns {values.tolist()} for a row of ones"
                + (f" in {name!r}" if isinstance(schema.target, Targets) else "")
            )


def _described_inputs(schema: Schema) -> dict[str, tuple[tuple[int | None, ...], str]]:
    """Return the shape and dtype of what the preprocessing makes, by name."""
    return {
        name: ((None, *shape), dtype)
        for modality in schema.inputs
        for name, (shape, dtype) in modality.tensors.items()
    }


def _known(name: str, schema: Schema) -> tuple[int | None, ...]:
    """Return the shape of one row's input."""
    return _described_inputs(schema)[name][0][1:]


def _accepts(model_shape: tuple[int | None, ...], shape: tuple[int | None, ...]) -> bool:
    """Return whether the model takes any number of rows of the shape; its None takes every size."""
    return (
        len(model_shape) == len(shape)
        and model_shape[0] is None
        and all(
            known in (None, size) for known, size in zip(model_shape[1:], shape[1:], strict=True)
        )
    )
