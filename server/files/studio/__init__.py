"""Media work on songs of the library. Its libraries are the extra `studio`, loaded when a piece of work needs them."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from ...core.errors import ExtraMissing

_PACKAGES: Final = {
    "PIL": "pillow", "bidi": "python-bidi", "manimgx_fonts": "manimgx-fonts", "manimgx_fonts_cjk": "manimgx-fonts-cjk",
}  # fmt: skip
"""Names under which a module's package is installed, where they differ."""


def needed(*modules: str, extra: str = "studio") -> None:
    """Load these modules, such as `av` and `numpy`, before the work begins.

    Raises `ExtraMissing` with what to install, so it is called before anything is changed. Blocks: the first import
    takes a while.
    """
    missing = list[str]()
    for module in modules:
        try:
            import_module(module)
        except ImportError:
            missing.append(_PACKAGES.get(module, module))
    if missing:
        raise ExtraMissing(
            f"This needs {' and '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed. Install "
            f'with pip install "songwright[{extra}]", then restart Songwright. Nothing was changed or spent.'
        )
