"""`python -m keras_multimodal`: the command line."""

import sys

from keras_multimodal.cli import main

if __name__ == "__main__":
    sys.exit(main())
