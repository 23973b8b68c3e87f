"""The running system. Arrows point down: cli, app, publish; engine; upstream, journal, library; operation; errors."""
