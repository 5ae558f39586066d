"""Program and processor to trace: state, terms, memory, compiled Operations, runs and the solver."""
