"""What each claim form means: one module a form, with the stem of its grammar."""
