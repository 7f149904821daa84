"""How a command says that it cannot do its work."""

import click


class Unable(click.ClickException):
    """Nothing (more) can be done. The message says what is in the way, and the way out."""

    exit_code = 2
