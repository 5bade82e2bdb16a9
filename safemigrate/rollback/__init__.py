"""What takes a migration back: the inverse, what is kept for it, and its proof."""
