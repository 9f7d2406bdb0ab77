"""The model behind a Protocol: a child process that runs llama.cpp, and a scripted twin for tests."""
