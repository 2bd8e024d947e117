"""The real-time path: camera, 2D keypoints, window, VTM, solver, outputs. Imports models/, never app/ or Qt."""
