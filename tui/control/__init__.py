"""What stands behind the controller: replies and their engine, lanes, scores, previews, files.

Keeps true: nothing here is a widget or knows Textual; everything runs on one event loop. Screens
ask `tui.controller`, which is the last of a row: `engine_life` (the engine's start and death),
`replies` (one reply at a time), `probe` (looking closer at tokens), `personas` (who replies).
"""
