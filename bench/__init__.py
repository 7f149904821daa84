"""What page views and submissions cost, measured against the budgets of docs/design.md."""
