"""Plugins of pytest, and commands, that keep the suite quick and honest."""
