"""The one exception that a user can act on."""


class UserError(Exception):
    """Something the user can mend: what happened, then what to do.

    The command line prints both as two lines without a traceback and exits with 1.
    Anything else that is raised is a bug of the program.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
