"""Finding and mending what does not fit together in a stack's tables, and bringing it back."""
