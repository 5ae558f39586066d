"""Hosts and formats: everything that a reader sees, as functions of one :class:`~sphinx_fsgs.check.result.Report`."""
