"""Columns joined by key into records, checked, and split."""
