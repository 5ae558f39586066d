"""Recorded results of processors and emulators, run on the machine: ``python -m tests.vectors FILE…``."""
