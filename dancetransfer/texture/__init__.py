"""Where a clip or a dance may jump within itself without being seen to: video textures (Schoedl et al., SIGGRAPH 2000)."""
