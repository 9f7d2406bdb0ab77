"""What is drawn: widgets that know the values of `core` and nothing else."""
