"""Two targets of real reviews in one model, beside a model of each."""

import keras
import numpy as np
import pandas as pd
import pytest

from keras_multimodal import data
from keras_multimodal.tasks import classifier, multi_task

STARS = ["1", "2", "3", "4", "5"]
ROWS, EPOCHS, BATCH = 6000, 6, 64  # chosen on the validation rows


def read(shared_data):
    frame = pd.read_parquet(shared_data / "reviews.parquet").iloc[:ROWS]
    frame.columns = [name.lower().replace(" ", "_") for name in frame.columns]
    frame["words"] = (frame["title"].fillna("") + " " + frame["review_text"].fillna("")).str.strip()
    return frame[frame["words"] != ""].assign(rating=frame["rating"].astype(str))


def predict(make, train, held, **options):
    keras.utils.set_random_seed(0)
    steps = EPOCHS * -(-len(train) // BATCH)
    model = make(train.schema, dim=32, steps=steps, seed=0, **options)
    model.fit(train.batch(BATCH, training=True), epochs=EPOCHS, shuffle=False, verbose=0)
    return model.predict(held.batch(256), verbose=0)


@pytest.mark.slow
def test_one_model_of_two_targets_is_as_good_as_a_model_of_each(shared_data):
    """Within two standard errors; and better than the most frequent class by more than that."""
    frame = read(shared_data)
    texts = data.TextProcessor(max_words=4000, length=48).from_dataframe(frame, column="words")
    targets = {
        "recommended": {"labels": frame["recommended_ind"].astype(str)},
        "rating": {"labels": frame["rating"], "classes": STARS, "ordered": True},
    }
    records = data.pair(
        texts,
        labels=frame[["recommended_ind", "rating"]].rename(
            columns={"recommended_ind": "recommended"}
        ),
        classes={"rating": STARS},
        ordered=["rating"],
    )
    train, _, held = records.split(validation=0.2, test=0.2, seed=0)
    together = predict(multi_task, train, held, loss_weights="uncertainty")
    for name, target in targets.items():
        single = data.pair(texts, **target).select(train.keys).adapt()
        alone = predict(classifier, single, held)
        labels = held.labels[name]
        common = np.bincount(train.labels[name]).argmax()
        # How far off in steps: of two classes the share that is wrong.
        wrong = {
            "together": np.abs(together[name].argmax(1) - labels),
            "alone": np.abs(alone.argmax(1) - labels),
            "most frequent": np.abs(common - labels),
        }
        error = {key: values.mean() for key, values in wrong.items()}
        for other, sign in (("alone", 1), ("most frequent", -1)):
            difference = wrong["together"] - wrong[other]
            margin = 2 * difference.std() / np.sqrt(len(difference))
            assert error["together"] < error[other] + sign * margin, (name, error, margin)
