"""The panel at the right: the videos and what is said of them, Create, the finished clip."""
