"""The operators' command line, `seealso`. Nothing of it goes into Lambda.

main.py lists the commands and imports a command's module when it is called. commands/ has their
options and output, bulk/ what loads and exports whole tables; the modules here serve both.
"""
