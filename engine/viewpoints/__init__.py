"""Agreement between viewpoints: two cameras on one performer, or one camera and a performer who turns."""
