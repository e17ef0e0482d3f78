"""A video to raw poses, masks and what a timeline shows, in one decode and several processes."""
