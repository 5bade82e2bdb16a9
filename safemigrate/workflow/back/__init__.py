"""From an applied or half applied migration back, with its data and with what was written since."""
