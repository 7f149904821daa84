"""The commands, one file a subject: their options, and what they print."""
