"""What a deployed stack costs, from its own metrics and log lines."""
