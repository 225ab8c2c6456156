"""From a table to column kinds and records; silent, with what was found as objects."""

from keras_multimodal._options import TableOptions
from keras_multimodal.tables.column_findings import ColumnFindings
from keras_multimodal.tables.parts import Parts
from keras_multimodal.tables.prepared_table import PreparedTable, examine, prepare
from keras_multimodal.tables.repeats import Repeats
from keras_multimodal.tables.row_findings import RowFindings
from keras_multimodal.tables.table import Table, read
from keras_multimodal.tables.task import Task

__all__ = [
    "ColumnFindings",
    "Parts",
    "PreparedTable",
    "Repeats",
    "RowFindings",
    "Table",
    "TableOptions",
    "Task",
    "examine",
    "prepare",
    "read",
]
