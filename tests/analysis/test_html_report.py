"""A report is one well-formed file that needs nothing from elsewhere and escapes what it shows."""

import base64
import html.parser
import re
import stat

import numpy as np
import pytest

from keras_multimodal.analysis import HtmlReport, accuracy_interval, learning_curves

NASTY = """<script>alert("x")</script> & 'quoted' 日本語"""
# One transparent pixel.
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
JPEG = b"\xff\xd8\xff\xe0 the rest is the browser's affair"
VOID = {"br", "img", "meta"}


class Page(html.parser.HTMLParser):
    """Elements with their attributes and texts; fails where tags are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip():
            self.texts.append((self.open[-1], data))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def text(self, tag: str) -> list[str]:
        return [text for name, text in self.texts if name == tag]


def add_rows(report: HtmlReport, **changes) -> None:
    columns = {
        "pictures": [GIF, None, JPEG],
        "texts": ["cat face", NASTY, ""],
        "labels": ["animal", "flag", NASTY],
        "predictions": ["animal", NASTY, "animal"],
        "probabilities": [0.914, 0.5, 1.0],
        "weights": {"image": [0.25, 0.0, 1.0], "text": [0.75, 1.0, 0.0]},
    }
    report.add_rows("Rows", **{**columns, **changes})


@pytest.fixture
def full() -> HtmlReport:
    """Every kind of section, with text that must be escaped wherever text can be."""
    report = HtmlReport(NASTY, summary=NASTY)
    report.add_text(NASTY, NASTY, "second paragraph")
    report.add_table(NASTY, ["split", NASTY], [[NASTY, NASTY], ["test", 3]], note=NASTY)
    report.add_accuracies(NASTY, {NASTY: {NASTY: (3, 4)}}, note=NASTY)
    report.add_figure(
        NASTY, learning_curves({"<a>": {"loss": [2, 1]}}, metrics=["loss"]), NASTY, note=NASTY
    )
    report.add_confusion_matrix(NASTY, np.array([[3, 1], [0, 4]]), ["a", NASTY], note=NASTY)
    add_rows(report, note=NASTY, weights={NASTY: [0.1, 0.2, 0.3]})
    report.add_settings(NASTY, {NASTY: NASTY, "epochs": 40})
    report.add_attribution(NASTY, "https://example.org/?a=1&b=2")
    report.add_attribution("plain")
    return report


def test_it_is_well_formed_and_everything_is_escaped(full):
    page = Page(full.to_html())
    assert not page.of("script")
    assert page.text("h1") == page.text("title") == [NASTY]
    assert page.text("h2").count(NASTY) == 6
    assert all(NASTY in page.text(tag) for tag in ("p", "th", "td", "span", "h3", "dt", "a"))
    assert NASTY in [image["alt"] for image in page.of("img")]


def test_it_needs_nothing_from_elsewhere(full):
    text = full.to_html()
    page = Page(text)
    assert {tag for tag, _ in page.elements} & {"link", "script", "iframe", "object"} == set()
    for tag, attributes in page.elements:
        for name, value in attributes.items():
            if tag == "a" and name == "href":
                assert value == "https://example.org/?a=1&b=2"
            elif name in ("src", "href", "srcset", "data"):
                assert value is not None
                assert value.startswith("data:image/")
    style = "".join(page.text("style"))
    assert "url(" not in style
    assert "@import" not in style
    assert text.count("http://") == 0
    assert text.count("https://") == 1
    policy = [meta["content"] for meta in page.of("meta") if "http-equiv" in meta]
    assert policy == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]


def test_rows_show_picture_text_classes_probability_and_weights():
    report = HtmlReport("Rows")
    add_rows(report)
    page = Page(report.to_html())
    images = [image["src"] for image in page.of("img")]
    assert images == [
        "data:image/gif;base64," + base64.b64encode(GIF).decode(),
        "data:image/jpeg;base64," + base64.b64encode(JPEG).decode(),
    ]
    assert "picture withheld" in page.text("div")
    assert page.text("h3") == ["cat face", NASTY, "text withheld"]
    assert page.text("p") == [
        "✓ animal, 91%",
        f"✗ {NASTY}, 50%",
        "true class: flag",
        "✗ animal, 100%",
        f"true class: {NASTY}",
    ]
    assert page.text("dt") == ["image", "text"] * 3
    assert page.text("dd") == ["25%", "75%", "0%", "100%", "100%", "0%"]
    widths = [bar["style"] for bar in page.of("i")]
    assert widths[:3] == ["width:25.0%", "width:75.0%", "width:0.0%"]


def test_pictures_are_known_by_their_first_bytes():
    report = HtmlReport("Rows")
    png, bmp = b"\x89PNG\r\n\x1a\n and more", b"BM and more"
    add_rows(report, pictures=[png, bmp, GIF], weights=None)
    page = Page(report.to_html())
    kinds = [image["src"].split(";")[0] for image in page.of("img")]
    assert kinds == ["data:image/png", "data:image/bmp", "data:image/gif"]
    assert page.of("dl") == []


def test_rows_must_be_complete_and_pictures_encoded():
    report = HtmlReport("Rows")
    with pytest.raises(ValueError, match=r"one value for each row.*'texts': 2, 'labels': 3"):
        add_rows(report, texts=["a", "b"])
    with pytest.raises(ValueError, match=r"one value for each row.*\"weights\['image'\]\": 1"):
        add_rows(report, weights={"image": [1.0]})
    with pytest.raises(ValueError, match=r"bytes of PNG, JPEG.*begin with b'not a pi'"):
        add_rows(report, pictures=[b"not a picture", None, None])
    assert Page(report.to_html()).text("h2") == []


def test_accuracies_have_intervals_and_the_best_is_marked():
    report = HtmlReport("Accuracies")
    report.add_accuracies(
        "Accuracies",
        {
            "image": {"all": (81, 263), "picture withheld": (15, 148)},
            "text": {"all": (80, 263)},
            "fused": {"all": (81, 263), "picture withheld": (0, 148)},
        },
    )
    page = Page(report.to_html())
    assert page.text("th") == ["model", "all", "picture withheld", "image", "text", "fused"]
    assert page.text("b") == ["30.8%", "10.1%", "30.4%", "30.8%", "0.0%"]
    assert page.text("span")[:2] == ["25.5% to 36.6%", "6.2% to 16.0%"]
    best = [cell.get("class") == "best" for cell in page.of("td")]
    assert best == [True, True, False, False, True, False]
    assert "not measured" in page.text("td")
    with pytest.raises(ValueError, match="correct=0, total=0"):
        report.add_accuracies("None", {"image": {"all": (0, 0)}})


def test_an_accuracy_is_drawn_where_it_is_said():
    report = HtmlReport("Accuracies")
    report.add_accuracies("Accuracies", {"image": {"all": (81, 263)}, "text": {"all": (0, 263)}})
    page = Page(report.to_html())
    low, high = accuracy_interval(81, 263)
    assert page.of("i")[0]["style"] == f"left:{low:.2%};width:{high - low:.2%}"
    assert page.of("s")[0]["style"] == "left:calc(30.80% - 1px)"
    assert page.of("i")[1]["style"].startswith("left:0.00%;width:1.")


def test_where_none_is_right_all_are_best():
    report = HtmlReport("Accuracies")
    report.add_accuracies("Accuracies", {"image": {"all": (0, 2)}, "text": {"all": (0, 2)}})
    assert [cell["class"] for cell in Page(report.to_html()).of("td")] == ["best"] * 2


def test_what_is_not_given_is_not_there():
    report = HtmlReport("Title")
    report.add_table("Table", ["name"], [["a"]])
    page = Page(report.to_html())
    assert page.of("footer") == page.of("p") == page.of("a") == []
    report.add_attribution("drawn by all")
    report.add_settings("Options", {"epochs": 40})
    page = Page(report.to_html())
    assert page.of("a") == []
    assert page.text("p") == ["drawn by all"]
    assert len(page.of("thead")) == 1  # the table's; options have no heads
    assert [table["class"] for table in page.of("table")] == ["", "settings"]


def test_a_confusion_matrix_is_shaded_by_the_share_of_the_true_class():
    report = HtmlReport("Confusion")
    report.add_confusion_matrix("Confusion", [[3, 1], [0, 0]], ["a", "b"])
    cells = Page(report.to_html()).of("td")[1:]
    assert [cell["style"] for cell in cells] == [f"--share:{s}" for s in ("0.750", "0.250")] + [
        "--share:0.000"
    ] * 2
    assert [cell["class"] for cell in cells] == ["diagonal", "", "none", "diagonal"]
    with pytest.raises(ValueError, match=r"each of the 3 classes.*shape \(2, 2\)"):
        report.add_confusion_matrix("Confusion", [[3, 1], [0, 0]], ["a", "b", "c"])


def test_a_table_sets_numbers_as_numbers():
    report = HtmlReport("Table")
    cells = [3, np.float32(0.25), 1.23456, np.int64(7), True, "x"]
    report.add_table("Table", ["name", "value"], [["a", cell] for cell in cells])
    page = Page(report.to_html())
    assert page.text("td") == ["3", "0.2500", "1.2346", "7", "True", "x"]
    assert [cell.get("class") for cell in page.of("td")] == ["number"] * 4 + [None] * 2
    with pytest.raises(ValueError, match=r"each of the 2 columns. Received: 3 cells in row 1"):
        report.add_table("Table", ["name", "value"], [["a", 1], ["b", 2, 3]])


def test_sections_come_in_the_order_of_the_calls(full):
    headings = Page(full.to_html()).text("h2")
    assert headings == [NASTY] * 5 + ["Rows", NASTY]


def test_a_figure_is_a_picture_with_a_description():
    report = HtmlReport("Figure")
    report.add_figure("Curves", learning_curves({"a": {"loss": [2, 1]}}, ["loss"]), "Loss falls")
    (image,) = Page(report.to_html()).of("img")
    assert image["alt"] == "Loss falls"
    assert image["src"] is not None
    kind, content = image["src"].split(",")
    assert kind == "data:image/svg+xml;base64"
    assert re.search(rb"<svg .*</svg>", base64.b64decode(content), re.DOTALL)


def test_names_that_the_figure_s_font_lacks_are_drawn_by_the_reader():
    report = HtmlReport("Figure")
    report.add_figure("Curves", learning_curves({"照片": {"loss": [2, 1]}}, ["loss"]), "Loss falls")
    (image,) = Page(report.to_html()).of("img")
    assert "照片" in base64.b64decode(image["src"].split(",")[1]).decode("utf-8")


def test_it_is_written_whole_or_not_at_all(full, tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("an older report")
    mode = stat.S_IMODE(path.stat().st_mode)
    full.write(path)
    assert path.read_text(encoding="utf-8") == full.to_html()
    assert stat.S_IMODE(path.stat().st_mode) == mode

    def fail(self, target):
        raise OSError("no space left")

    monkeypatch.setattr(type(path), "replace", fail)
    with pytest.raises(OSError, match="no space left"):
        HtmlReport("another").write(path)
    assert path.read_text(encoding="utf-8") == full.to_html()
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
