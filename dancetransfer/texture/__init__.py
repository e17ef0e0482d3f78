"""Where a clip or a dance may jump within itself unseen: video textures (Schoedl et al., SIGGRAPH 2000)."""
