"""Outcomes and errors made readable; one module per format, each from the values of `model` alone."""
