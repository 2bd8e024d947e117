"""2D keypoints: BlazePose through LiteRT, RTMPose through rtmlib. Third-party code for this is confined here."""
