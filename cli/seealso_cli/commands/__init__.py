"""The commands, one module a subject: their options, the requests they make, their output."""
