"""What is asked of a stack, or of new versions of its functions, to see whether they work."""
