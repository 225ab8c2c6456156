"""What is exported is what trained: the pipeline's batches and `Preprocessor` agree bit for bit."""

import numpy as np
import pytest
import tensorflow as tf

from keras_multimodal.data import ImageStream, Preprocessor, TextProcessor, Transform, pair
from keras_multimodal.data.column.registry import make_transform
from keras_multimodal.data.column.transform import by_name
from keras_multimodal.schema import Features, Image, Modality, Schema, Sensor, Tabular, Text


@pytest.fixture
def records(folder, frame):
    frame.loc["k3", "file"] = None
    frame.loc["k5", "name"] = ""
    images = ImageStream(rescale=1 / 255, horizontal_flip=True).flow_from_dataframe(
        frame, folder, "file", target_size=(8, 9), interpolation="bilinear"
    )
    texts = TextProcessor(length=4).from_dataframe(frame, "name")
    return pair(images, texts, on_missing="mask").adapt()


def raw(records):
    cells = records.to_frame()
    contents = [path and tf.io.read_file(path).numpy() for path in cells["image"]]
    return {"image": tf.constant(contents), "text": tf.constant(cells["text"].tolist())}


def test_pipeline_and_preprocessor_agree_to_the_last_bit(records):
    (batch,) = records.batch(len(records))
    inputs = Preprocessor(records.schema)(raw(records))
    assert set(inputs) == set(batch) == {"image", "image_present", "text", "text_present"}
    for name, values in batch.items():
        assert inputs[name].dtype == values.dtype
        np.testing.assert_array_equal(inputs[name], values, err_msg=name)
    assert not batch["image_present"][3]
    assert not batch["image"][3].numpy().any()
    assert not batch["text_present"][5]


@pytest.mark.parametrize(
    ("spec", "cell"),
    [
        (Text(name="own", length=2, vocabulary=("a", "b")), "b a b"),
        (Features(name="own", length=2, dim=1), [[1.0]]),
        (Features(name="own", length=2, dim=1), [[1.0], [2.0], [3.0]]),
        (Sensor(name="own", channels=("x",), length=2, mean=(1.0,), std=(2.0,)), [[3.0]]),
    ],
    ids=["text", "short features", "long features", "sensor"],
)
def test_a_row_alone_and_a_blank_are_loaded_as_in_a_batch(spec, cell):
    transform = make_transform(spec)
    rows = [transform.load(tf.constant(cell)), transform.blank()]
    loaded = tf.nest.map_structure(lambda *row: tf.stack(row), *rows)
    raw = {"own": tf.constant([cell])}
    (found,) = transform.load_batch(raw)
    np.testing.assert_array_equal(rows[0], found)
    finished = by_name(transform.finish(loaded), spec)
    for name, tensor in transform(raw).items():
        np.testing.assert_array_equal(finished[name][0], tensor[0])
        assert not finished[name][1].numpy().any()


def test_a_table_s_row_alone_and_its_blank_are_loaded_as_in_a_batch():
    spec = Tabular(
        name="own",
        numeric=("n",),
        categorical=("c",),
        mean=(1.0,),
        std=(2.0,),
        categories=(("x",),),
    )
    transform = make_transform(spec)
    raw = {"n": tf.constant([3.0]), "c": tf.constant(["x"])}
    cells = tf.nest.map_structure(lambda cell: cell[0], transform.load_batch(raw))
    rows = [transform.load(cells), transform.blank()]
    finished = transform.finish(tf.nest.map_structure(lambda *row: tf.stack(row), *rows))
    for name, tensor in transform(raw).items():
        np.testing.assert_array_equal(finished[name][0], tensor[0])
        assert not finished[name][1].numpy().any()


def test_it_survives_a_saved_model(records, tmp_path):
    module = tf.Module()
    module.preprocessor = preprocessor = Preprocessor(records.schema)
    serve = tf.function(lambda **cells: preprocessor(cells))
    signature = serve.get_concrete_function(**preprocessor.raw_signature())
    tf.saved_model.save(module, tmp_path, signatures={"serving_default": signature})
    expected = preprocessor(raw(records))
    loaded = tf.saved_model.load(tmp_path).signatures["serving_default"](**raw(records))
    for name, values in expected.items():
        np.testing.assert_array_equal(loaded[name], values)


def test_an_empty_cell_is_refused_where_the_modality_is_not_optional():
    preprocessor = Preprocessor(Schema([Text(length=2, vocabulary=("a",))]))
    serve = tf.function(preprocessor, input_signature=[preprocessor.raw_signature()])
    with pytest.raises(tf.errors.InvalidArgumentError, match="The input text is not optional"):
        serve({"text": tf.constant(["a", ""])})


def test_columns_must_have_as_many_rows():
    preprocessor = Preprocessor(
        Schema([Text(length=2, vocabulary=("a",)), Features(length=1, dim=2)])
    )
    raw = {"text": tf.constant(["a", "a", "a"]), "features": tf.ones((1, 1, 2))}
    graph = tf.function(preprocessor, input_signature=[preprocessor.raw_signature()])
    for call in (preprocessor, preprocessor.serve, graph):
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"(?s)as many rows.*text.*3.*1"):
            call(raw)


class Weight(Modality):
    kind = "weight of a test"
    shape = ()


class WeightTransform(Transform):
    """A modality of a user's own, whose `load` raises an error."""

    def load(self, cell):
        return tf.strings.to_number(cell)

    def blank(self):
        return tf.constant(0.0)

    def finish(self, loaded):
        return loaded / 1000


def test_what_a_user_s_own_modality_cannot_read_is_absent():
    transform = WeightTransform(Weight(name="kg"))
    raw = {"kg": tf.constant(["500", "", "heavy", "1000"])}
    for serve in (transform.serve, tf.function(transform.serve)):
        tensors, used, status = serve(raw)
        assert tensors["kg"].numpy().tolist() == [0.5, 0.0, 0.0, 1.0]
        assert used.numpy().tolist() == [True, False, False, True]
        assert status.numpy().tolist() == [0, 1, 8, 0]


def test_the_columns_must_be_those_of_the_schema():
    preprocessor = Preprocessor(Schema([Image(height=2, width=2)]))
    with pytest.raises(ValueError, match=r"columns \['image'\].*\['photo'\]"):
        preprocessor({"photo": [""]})
