"""Learning curves show the histories that they are given."""

import io
import sys

import numpy as np
import pytest

from keras_multimodal.analysis import learning_curves

HISTORIES = {
    "image": {
        "loss": [3.0, 2.0, 1.5],
        "val_loss": [3.1, 2.5, 2.4],
        "accuracy": [0.3, 0.5, 0.6],
        "val_accuracy": [0.2, 0.4, 0.5],
    },
    "text <&>": {"loss": [2.0, 1.0], "accuracy": [0.5, 0.7]},
}


def test_each_line_is_a_history():
    figure = learning_curves(HISTORIES)
    loss, accuracy = figure.axes
    assert [loss.get_title("left"), accuracy.get_title("left")] == ["loss", "accuracy"]
    lines = [(line.get_label(), line.get_xdata(), line.get_ydata()) for line in loss.lines]
    assert [list(epochs) for _, epochs, _ in lines] == [[1, 2, 3], [1, 2, 3], [1, 2]]
    assert [list(values) for _, _, values in lines] == [
        HISTORIES["image"]["loss"],
        HISTORIES["image"]["val_loss"],
        HISTORIES["text <&>"]["loss"],
    ]
    assert [lines[1][0], lines[2][0]] == ["image", "text <&>"]
    assert loss.lines[0].get_color() == loss.lines[1].get_color() != loss.lines[2].get_color()
    legend = [text.get_text() for text in accuracy.get_legend().get_texts()]
    assert legend == ["image", "text <&>", "validation", "training"]


def test_the_ground_is_transparent():
    from PIL import Image

    buffer = io.BytesIO()
    learning_curves(HISTORIES).savefig(buffer, format="png")
    alpha = np.asarray(Image.open(buffer).convert("RGBA"))[..., 3]
    assert alpha[0, 0] == 0
    assert alpha.max() == 255


def test_matplotlib_is_asked_for_only_here(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r'pip install "keras-multimodal-fusion\[demo\]"'):
        learning_curves(HISTORIES)


def test_missing_histories_are_named():
    with pytest.raises(ValueError, match=r"Received: 'image' without \['recall'\]"):
        learning_curves(HISTORIES, metrics=["loss", "recall"])
    with pytest.raises(ValueError, match=r"`histories` must have at least one model"):
        learning_curves({})
