"""What is to be learned of each row."""
