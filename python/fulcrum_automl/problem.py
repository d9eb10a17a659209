"""What the user can mend."""


class Problem(Exception):
    """The data or the settings do not fit; the message says what to change."""
