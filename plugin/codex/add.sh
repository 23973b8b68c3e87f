#!/bin/sh
codex mcp add songwright -- uvx --from 'songwright[sandbox]==0.1.0' songwright serve
