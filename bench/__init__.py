"""Measurements. Each prints figures next to a reference that ran in the same minute on the same machine; none passes
or fails.
"""
