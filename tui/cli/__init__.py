"""The command line: one file per command. Knows every other room; no room knows it."""
