"""Tables and data sets, as data frames."""
