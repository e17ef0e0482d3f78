"""The person's own frames, re-cut by a dance: a picture without learning (Schoedl and Essa, SCA 2002)."""
