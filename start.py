"""What a desktop assistant starts: Songwright's command, from outside its package.

The folder of a script comes first on the module path, and a package's own folder must not be there: its files would
stand in for others' of the same name.
"""

from runpy import run_module

if __name__ == "__main__":
    run_module("songwright.server", run_name="__main__", alter_sys=True)
