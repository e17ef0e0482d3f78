"""The Qt application, a front end of the engine's commands."""
