"""The open project and the engine that works on it: edits, jobs, the way to a clip; nothing that is seen."""
