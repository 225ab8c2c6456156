"""A report in one HTML file."""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from keras_multimodal._folders import replace_file
from keras_multimodal.analysis._figures import svg
from keras_multimodal.analysis._html import Html, data_uri, element, join, picture_uri
from keras_multimodal.analysis._style import CSS
from keras_multimodal.analysis.intervals import accuracy_interval

# The page needs nothing from elsewhere, and the browser is told to fetch nothing.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


class HtmlReport:
    """A report that is one file: its pictures and its style are part of it, and it has no script.

    Each `add_` method appends a section with a heading of its own; they come in the order of the
    calls. Every text is escaped, so that it may hold any character.

    Args:
        title: The page's title and first heading.
        summary: What the report comes to, in a sentence or two; see `accuracy_sentence`.

    Example:

    >>> import pathlib, tempfile
    >>> report = HtmlReport("Icons & names", "Both together are better.")
    >>> report.add_table("Rows", ["split", "rows"], [["training", 1138], ["test", 380]])
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "report.html"
    >>> report.write(path)
    >>> "<h1>Icons &amp; names</h1>" in path.read_text()
    True
    """

    def __init__(self, title: str, summary: str = "") -> None:
        self.title = title
        self.summary = summary
        self._sections: list[Html] = []
        self._attributions: list[Html] = []

    def add_text(self, heading: str, *paragraphs: str) -> None:
        """Add paragraphs.

        Args:
            heading: The section's heading.
            *paragraphs: Plain texts.
        """
        self._add(heading, *(element("p", paragraph) for paragraph in paragraphs))

    def add_table(
        self,
        heading: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        note: str = "",
    ) -> None:
        """Add a table; its first column names the rows.

        Args:
            heading: The section's heading.
            columns: The columns' names.
            rows: The rows' cells, one for each column. Numbers are set flush right, fractional
                ones with four digits; any other value is shown as text.
            note: What a reader should know, below the heading. Default none.

        Raises:
            ValueError: If a row has more or fewer cells than there are columns.
        """
        body = []
        for number, row in enumerate(rows):
            if len(row) != len(columns):
                raise ValueError(
                    f"`rows` must have a cell for each of the {len(columns)} columns. "
                    f"Received: {len(row)} cells in row {number}"
                )
            name, *cells = row
            body.append([element("th", name, scope="row"), *map(_cell, cells)])
        self._add(heading, _note(note), _table(columns, body))

    def add_accuracies(
        self,
        heading: str,
        accuracies: Mapping[str, Mapping[str, tuple[int, int]]],
        note: str = "",
    ) -> None:
        """Add a table of accuracies with their 95% intervals; each column's best is underlined.

        Args:
            heading: The section's heading.
            accuracies: By the model's name and then by the condition's, such as `"name withheld"`,
                how many rows are right, and of how many. A model may lack a condition.
            note: What a reader should know, below the heading. Default none.

        Raises:
            ValueError: If a count is out of its range.
        """
        measured = {
            model: {
                condition: (accuracy_interval(correct, total), correct / total)
                for condition, (correct, total) in cells.items()
            }
            for model, cells in accuracies.items()
        }
        best: dict[str, float] = {}
        for cells in measured.values():
            for condition, (_, share) in cells.items():
                best[condition] = max(share, best.get(condition, 0.0))
        body = [
            [
                element("th", model, scope="row"),
                *(
                    _accuracy(*cells[condition], best[condition])
                    if condition in cells
                    else element("td", "not measured")
                    for condition in best
                ),
            ]
            for model, cells in measured.items()
        ]
        legend = "Accuracy, and its 95% interval (Wilson) on a scale from 0% to 100%."
        table = _table(["model", *best], body, class_="accuracies")
        self._add(heading, _note(note), table, _note(legend, "note legend"))

    def add_figure(self, heading: str, figure: Any, description: str, note: str = "") -> None:
        """Add a matplotlib figure.

        Args:
            heading: The section's heading.
            figure: The figure, such as `learning_curves` makes.
            description: What it shows, for those who cannot see it.
            note: What a reader should know, below the heading. Default none.
        """
        source = data_uri(svg(figure), "image/svg+xml")
        self._add(
            heading, _note(note), element("figure", element("img", src=source, alt=description))
        )

    def add_confusion_matrix(
        self, heading: str, matrix: np.ndarray, classes: Sequence[str], note: str = ""
    ) -> None:
        """Add a confusion matrix, shaded by the share of each true class.

        Args:
            heading: The section's heading.
            matrix: Counts `(classes, classes)`, true classes down; see `confusion_matrix`.
            classes: The classes' names.
            note: What a reader should know, below the heading. Default none.

        Raises:
            ValueError: If the matrix hasn't a row and a column for each class.
        """
        if np.shape(matrix) != (len(classes), len(classes)):
            raise ValueError(
                f"`matrix` must have a row and a column for each of the {len(classes)} classes. "
                f"Received: matrix of shape {np.shape(matrix)}"
            )
        head = element(
            "tr",
            element("td", "true ↓ predicted →"),
            *(element("th", element("span", name), scope="col") for name in classes),
        )
        body = []
        for index, (name, counts) in enumerate(zip(classes, np.asarray(matrix), strict=True)):
            cells = [element("th", name, scope="row")]
            for column, count in enumerate(counts):
                style = f"--share:{count / max(counts.sum(), 1):.3f}"
                kind = "diagonal" if column == index else "" if count else "none"
                cells.append(element("td", count, class_=kind, style=style))
            body.append(element("tr", *cells))
        table = element(
            "table", element("thead", head), element("tbody", *body), class_="confusion"
        )
        self._add(heading, _note(note), element("div", table, class_="wide"))

    def add_rows(
        self,
        heading: str,
        *,
        pictures: Sequence[bytes | None],
        texts: Sequence[str],
        labels: Sequence[str],
        predictions: Sequence[str],
        probabilities: Sequence[float],
        weights: Mapping[str, Sequence[float]] | None = None,
        note: str = "",
    ) -> None:
        """Add a grid of rows and what the model made of them.

        Args:
            heading: The section's heading.
            pictures: Each row's encoded picture; `None` where it was withheld.
            texts: Each row's text; `""` where it was withheld.
            labels: Each row's true class.
            predictions: Each row's predicted class.
            probabilities: The probability of the predicted class, in [0, 1].
            weights: By the modality's name, its weight in each row, in [0, 1]. Default none.
            note: What a reader should know, below the heading. Default none.

        Raises:
            ValueError: If the sequences differ in length, or a picture is in no known format.
        """
        weights = {} if weights is None else weights
        columns = {
            "pictures": pictures,
            "texts": texts,
            "labels": labels,
            "predictions": predictions,
            "probabilities": probabilities,
            **{f"weights[{name!r}]": values for name, values in weights.items()},
        }
        lengths = {name: len(values) for name, values in columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"`add_rows` must have one value for each row. Received: {lengths}")
        cards = [
            element(
                "div",
                _picture(pictures[row]),
                element(
                    "div",
                    _name(texts[row]),
                    _verdict(labels[row], predictions[row], probabilities[row]),
                ),
                _weights({name: values[row] for name, values in weights.items()}),
                class_="row",
            )
            for row in range(len(labels))
        ]
        self._add(heading, _note(note), element("div", *cards, class_="rows"))

    def add_settings(self, heading: str, settings: Mapping[str, Any]) -> None:
        """Add names and values, such as versions and hyperparameters.

        Args:
            heading: The section's heading.
            settings: The values by name.
        """
        body = [
            [element("th", name, scope="row"), element("td", value)]
            for name, value in settings.items()
        ]
        self._add(heading, _table([], body, class_="settings"))

    def add_attribution(self, text: str, url: str = "") -> None:
        """Add a line to the page's foot: whose work is shown, and under which licence.

        Args:
            text: The line.
            url: Where to read more; the only kind of link that a report has. Default none.
        """
        line = element("a", text, href=url) if url else text
        self._attributions.append(element("p", line))

    def to_html(self) -> str:
        """Return the whole page."""
        head = element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
            element("title", self.title),
            element("style", Html(CSS)),
        )
        header = element("header", element("h1", self.title), _note(self.summary, "summary"))
        footer = element("footer", *self._attributions) if self._attributions else Html()
        body = element("body", header, element("main", *self._sections), footer)
        return "<!doctype html>\n" + element("html", head, body, lang="en") + "\n"

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the page; the file appears whole or not at all, and replaces one that is there.

        Args:
            path: The file to write, in a folder that exists.
        """
        page = self.to_html()
        with replace_file(path) as partial:
            partial.write_text(page, encoding="utf-8")

    def _add(self, heading: str, *content: Html) -> None:
        self._sections.append(join(element("section", element("h2", heading), *content), "\n"))


def _note(text: str, kind: str = "note") -> Html:
    return element("p", text, class_=kind) if text else Html()


def _table(columns: Sequence[str], body: Sequence[Sequence[Html]], class_: str = "") -> Html:
    head = element("tr", *(element("th", name, scope="col") for name in columns))
    rows = [element("tr", *cells) for cells in body]
    table = element(
        "table",
        element("thead", head) if columns else Html(),
        element("tbody", *rows),
        class_=class_,
    )
    return element("div", table, class_="wide")


def _cell(value: Any) -> Html:
    if isinstance(value, (float, np.floating)):
        return element("td", f"{value:.4f}", class_="number")
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return element("td", value, class_="number")
    return element("td", value)


def _accuracy(interval: tuple[float, float], share: float, best: float) -> Html:
    low, high = interval
    scale = element(
        "div",
        element("i", style=f"left:{low:.2%};width:{high - low:.2%}"),
        element("s", style=f"left:calc({share:.2%} - 1px)"),
        class_="scale",
    )
    ends = element("span", f"{low:.1%} to {high:.1%}", class_="interval")
    kind = "best" if share == best else ""
    return element("td", element("b", f"{share:.1%}"), ends, scale, class_=kind)


def _picture(content: bytes | None) -> Html:
    if content is None:
        return element("div", "picture withheld", class_="picture absent")
    return element("img", class_="picture", src=picture_uri(content), alt="")


def _name(text: str) -> Html:
    return element("h3", text) if text else element("h3", "text withheld", class_="unnamed")


def _verdict(label: str, prediction: str, probability: float) -> Html:
    if prediction == label:
        return element("p", f"✓ {prediction}, {probability:.0%}", class_="right")
    return join(
        element("p", f"✗ {prediction}, {probability:.0%}", class_="wrong"),
        element("p", f"true class: {label}"),
    )


def _weights(weights: Mapping[str, float]) -> Html:
    if not weights:
        return Html()
    lines = [
        element(
            "div",
            element("dt", name),
            element("dd", element("i", style=f"width:{weight:.1%}"), class_="bar"),
            element("dd", f"{weight:.0%}"),
        )
        for name, weight in weights.items()
    ]
    return element("dl", *lines, class_="weights")
