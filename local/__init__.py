"""Building template.yaml and running it on an AWS emulator, for `make run` and the tests."""
