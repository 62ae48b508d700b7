"""Small random networks of every kind that the model reader follows."""
