"""The person's clips to a generator, and how good it is."""
