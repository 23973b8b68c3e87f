"""The songwriting guide: one Markdown file a topic, read by songwright.server.craft.guide."""
