"""VTM (Hou et al., arXiv 2404.09499): one file per box of the paper's figure. Torch; the app runs the exported ONNX."""
