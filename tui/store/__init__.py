"""What lies on disk: folders, configuration, personas, presets. Knows values only."""
