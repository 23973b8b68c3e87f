"""The running system, in wings. Imports point down: cli, web, protocol, app, orders, files, service, journal, core."""
