"""How strong the documents are: each example and claim is broken by some change of the Operations that it runs.

``python -m tests.strength`` (``./check --strength``) changes or deletes one piece of one statement of the
spec at a time, judges again what runs it, and prints who noticed.
"""
