"""Random programs on the machine and on Unicorn, compared after every step: ``python -m tests.differential``."""
