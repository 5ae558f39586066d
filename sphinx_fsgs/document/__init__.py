"""From reStructuredText to annotations, claims and literal blocks, each with its exact place.

Nothing is imported here, so that asking :func:`sphinx_fsgs.document.prefilter.mentions_us` does not
cost the start of docutils. The public functions are

* :func:`sphinx_fsgs.document.prefilter.mentions_us`: is the file worth a parse?
* :func:`sphinx_fsgs.document.reader.read_file`: a file, read by docutils alone;
* :func:`sphinx_fsgs.document.collect.collect`: a doctree that docutils or Sphinx has made.
"""
