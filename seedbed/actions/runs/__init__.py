"""One run: its sequence of steps, and what executes them."""
