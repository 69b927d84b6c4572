"""The public portal: what a citizen or a firm meets first."""
