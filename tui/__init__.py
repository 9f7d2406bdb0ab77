"""Logitscope: an oscilloscope for logits. Imports nothing, so that every room starts fast."""

__version__ = "0.1.0"
