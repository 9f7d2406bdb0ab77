"""Screens: compose widgets, route their messages, hold no algorithm."""
