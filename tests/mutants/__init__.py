"""What became of the mutants of `make mutants`. Not here: mutmut makes and runs them."""
