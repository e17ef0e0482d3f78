"""A learned person without PyTorch: networks for ONNX Runtime, and the file that carries them elsewhere."""
