"""What is true of x86, read from ``spec/``: citations, CPUID features, processors, and the questions they answer."""
