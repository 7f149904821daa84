"""What editors and admins do: one file for a subject; auth.py says who may do what."""
