"""What a paper published, computed again and set beside certified optima."""
