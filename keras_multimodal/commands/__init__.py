"""The command line: it parses, calls the library, and says what that has found."""
