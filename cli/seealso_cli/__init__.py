"""The operators' command line, `seealso`. Nothing of it goes into Lambda.

main.py has the commands; each subject has a file of its own, imported when its command runs.
"""
