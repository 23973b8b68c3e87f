"""`songwright install` and `songwright uninstall`: connect the assistants on this machine, and take that back."""
