"""Values: what the workbench talks about. No I/O, no clock, no screen, no inference."""
