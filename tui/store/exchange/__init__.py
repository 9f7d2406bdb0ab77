"""Personas of other programs, in and out: cards, Modelfiles, YAML characters, roles, presets.

Everything read here is a stranger's file: bounded in size, depth and number, never run, never fetched.
"""
