"""The local run: template.yaml deployed to an AWS emulator, for `make run` and the tests."""
