"""What each command of ``fsgs`` does. A module is imported only when its command is given."""
