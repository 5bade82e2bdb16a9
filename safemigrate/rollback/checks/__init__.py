"""What rows written since could break when a constraint or a row comes back: asked before anything changes."""
