"""Dances without a picture: motion capture files and pose tracks, brought to the track that a video gives."""
