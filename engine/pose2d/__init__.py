"""2D keypoints: BlazePose through LiteRT, RTMPose through rtmlib. Third parties for this stay in here."""
