"""Traces to verdicts to diagnostics."""
