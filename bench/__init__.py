"""Measurements. Each prints figures beside a yardstick that ran in the same minute on the same machine; none judges."""
