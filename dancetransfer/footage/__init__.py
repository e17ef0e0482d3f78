"""The person's clips as material: crops with masks, the background without the person, and which part is for what."""
