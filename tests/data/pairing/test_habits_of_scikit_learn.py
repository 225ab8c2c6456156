"""What people write who come from scikit-learn and Keras: each gets a sentence with the remedy."""

import keras
import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from keras_multimodal.data import TextProcessor, pair


@pytest.fixture
def column():
    return TextProcessor(length=3).load_data(["a cat", "a dog", "cat", "dog"] * 3)


@pytest.fixture
def records(column):
    return pair(column, labels=["x", "y", "x", "y"] * 3)


@pytest.mark.parametrize(
    ("method", "argument", "message"),
    [
        ("split", {"test_size": 0.5}, r"called `test`: `records\.split\(test=0\.5\)`"),
        ("split", {"train_size": 0.5}, r"called `train`"),
        ("split", {"validation_split": 0.5}, r"called `validation`"),
        ("split", {"random_state": 7}, r"called `seed`: .*seed=7"),
        ("split", {"shuffle": False}, r"left out: `records\.split` mixes the rows by `seed`"),
        ("split", {"stratify": ["x", "y"]}, r"True or False: the rows have their labels.*: list"),
        ("split", {"stratify": np.array([0, 1])}, r"True or False.*: ndarray"),
        ("folds", {"n_splits": 3}, r"called `count`: `records\.folds\(count=3\)`"),
        ("folds", {"random_state": 7}, r"called `seed`"),
        ("folds", {"shuffle": True}, r"left out: `records\.folds`"),
        ("folds", {"stratify": ["x"]}, r"True or False"),
    ],
)
def test_arguments_of_scikit_learn(method, argument, message, records):
    (name,) = argument
    with pytest.raises(TypeError, match=rf"`{name}` must (be )?{message}"):
        getattr(records, method)(**argument)


def test_what_is_no_one_s_argument_is_python_s_error(records):
    with pytest.raises(TypeError, match="unexpected keyword argument 'tset'"):
        records.split(tset=0.5)
    train, test = records.split(test=0.5, stratify=np.True_)
    assert (len(train), len(test)) == (6, 6)


def test_train_test_split_of_what_is_no_array(column, records):
    for given in (column, records):
        for arrays in ((given,), (given, ["x", "y"] * 6)):
            with pytest.raises(
                TypeError, match=r"records\.split\(test=0\.25\)`, in place of scikit"
            ):
                train_test_split(*arrays)
        with pytest.raises(TypeError, match=r"`records\.select\(keys\)` has fewer"):
            given[0]
        with pytest.raises(TypeError, match=r"batch\(32, training=True\)` has what a model reads"):
            list(given)


def test_a_model_of_one_tensor_reads_batches_without_names(records):
    """As the docstring of `batch` and docs/tasks.md have it."""
    model = keras.Sequential(
        [
            keras.layers.Embedding(9, 4),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    train, test = records.split(test=0.5)

    def unnamed(inputs, *rest):
        return (inputs["text"], *rest)

    model.fit(train.batch(6, training=True).map(unnamed), shuffle=False, verbose=0)
    assert model.predict(test.batch(6).map(unnamed), verbose=0).shape == (6, 2)
