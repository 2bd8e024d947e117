"""Window -> RawMotion: the VTM weights and the back ends that run them."""
