"""Learning curves show the histories that they are given."""

import io
import sys
import warnings

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


def test_training_is_dashed_beside_validation_and_a_line_without_it():
    figure = learning_curves(HISTORIES, metrics=["loss"])
    (loss,) = figure.axes
    training, validation, alone = loss.lines[:3]
    assert [line.get_linestyle() for line in (training, validation, alone)] == ["--", "-", "-"]
    assert [line.get_linewidth() for line in (training, validation, alone)] == [1, 2, 2]
    legend = loss.get_legend()
    assert [text.get_text() for text in legend.get_texts()][2:] == ["validation", "training"]
    assert [line.get_linestyle() for line in legend.get_lines()] == ["-", "-", "-", "--"]
    assert [line.get_linewidth() for line in legend.get_lines()] == [2, 2, 2, 1]
    assert loss.get_xlabel() == "epoch"
    assert [side for side, spine in loss.spines.items() if spine.get_visible()] == [
        "left",
        "bottom",
    ]
    epochs = loss.xaxis.get_major_locator().tick_values(1, 3)
    assert all(float(epoch).is_integer() for epoch in epochs)


def test_without_validation_the_legend_has_the_models_alone():
    figure = learning_curves({"text": HISTORIES["text <&>"]})
    legend = figure.axes[-1].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["text"]
    assert figure.axes[0].get_legend() is None


def test_six_models_have_colours_of_their_own():
    histories = {f"model {number}": {"loss": [2.0, 1.0]} for number in range(7)}
    (loss,) = learning_curves(histories, ["loss"]).axes
    colors = [line.get_color() for line in loss.lines]
    assert len(set(colors[:6])) == 6
    assert colors[6] == colors[0]


def test_each_panel_has_its_width():
    widths = [learning_curves(HISTORIES, ["loss"] * count).get_figwidth() for count in (1, 2, 3)]
    assert widths == pytest.approx([5.8, 10.0, 14.2])


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


def test_names_are_shown_as_they_are():
    """Neither "$" nor "_" says anything to the figure."""
    names = ["price $", "a $x_{1$ b", "_hidden", "评论"]
    figure = learning_curves(
        {name: {"loss": [1.0, 0.5], "val_loss": [1.0, 0.6]} for name in names}, ["loss"]
    )
    shown = [text.get_text() for text in figure.axes[-1].get_legend().get_texts()]
    assert shown == [*names, "validation", "training"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the font may lack signs
        figure.savefig(io.BytesIO())
