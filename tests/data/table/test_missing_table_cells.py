"""What is missing in a table is missing in training and where the model is served."""

import sys

import numpy as np
import pandas as pd
import tensorflow as tf

from keras_multimodal.data import Preprocessor, TableProcessor, TextProcessor, pair
from keras_multimodal.data.column.transform import is_there
from keras_multimodal.schema.missing_cells import is_missing


def test_the_graph_goes_by_the_rule_for_every_character():
    characters = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    found = is_there(tf.constant(characters)).numpy()
    expected = np.array([not is_missing(character) for character in characters])
    np.testing.assert_array_equal(found, expected)
    assert is_there(tf.constant([b"\xff", b" \xff"])).numpy().all()  # no UTF-8


def test_a_cell_of_space_is_no_category_and_no_text():
    frame = pd.DataFrame(
        {
            "size": [1.0, 2.0, 3.0, None],
            "town": ["Ulm", " ", "Bonn", "\u3000"],
            "note": ["a cat", "a dog", "\t", " "],
        }
    )
    table = TableProcessor().from_dataframe(
        frame, numeric=["size"], categorical=["town"], optional=True
    )
    texts = TextProcessor(length=2).from_dataframe(frame, column="note", optional=True)
    other = TableProcessor().from_dataframe(
        frame.assign(row=range(4)), numeric=["row"], name="other"
    )
    records = pair(table, texts, other, on_missing="mask").adapt()
    assert records.schema["table"].categories == (("Bonn", "Ulm"),)
    assert set(records.schema["text"].vocabulary) == {"a", "cat", "dog"}
    batch = records.batch(4).get_single_element()
    assert batch["table_present"].numpy().tolist() == [True, True, True, False]
    assert batch["text_present"].numpy().tolist() == [True, True, False, False]
    assert batch["table_mask"].numpy()[:, 1].tolist() == [True, False, True, False]
    raw = {
        "size": [1.0, 2.0, 3.0, np.nan],
        "town": frame["town"].tolist(),
        "text": frame["note"].tolist(),
        "row": np.arange(4.0),
    }
    served = Preprocessor(records.schema)(raw)
    for name, values in batch.items():
        np.testing.assert_array_equal(served[name], values, err_msg=name)
