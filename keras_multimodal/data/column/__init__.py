"""One modality of every row, whatever it is: its cells, how they are read, and what is drawn."""
