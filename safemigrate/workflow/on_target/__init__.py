"""The project and the database that a command means, and what is asked of them."""
