"""The comparisons behind `logitscope check-samplers`."""
