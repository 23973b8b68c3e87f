"""What MCP sees: tools, prompts, resources, tasks, and the transport over standard input and output."""
