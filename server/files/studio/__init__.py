"""Media work on songs of the library. Its libraries are the extra `studio`, loaded when a piece of work needs them."""
