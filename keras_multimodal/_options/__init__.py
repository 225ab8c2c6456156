"""Options of tables and of training, each declared once.

The command line's parser and its help, the file of options and the page of the docs are made of the
dataclasses. Nothing heavy is imported here, so that `--help` answers at once.
"""

from keras_multimodal._options.declaration import Option, declared
from keras_multimodal._options.table_options import SOURCES, TASKS, TableOptions
from keras_multimodal._options.training_options import TrainingOptions

__all__ = ["SOURCES", "TASKS", "Option", "TableOptions", "TrainingOptions", "declared"]
