"""The chain over libllama: stages, the draw, and the record of both."""
