"""The tests, and in `suite` what runs them."""
