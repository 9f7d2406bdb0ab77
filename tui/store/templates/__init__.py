"""Worked examples of samplers of one's own: `logitscope samplers new NAME --from EXAMPLE`.

Each is a whole file as a person would write it, and is copied as it is but for its name.
"""
