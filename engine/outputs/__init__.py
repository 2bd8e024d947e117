"""Where poses go: OSC targets (VMC, VRChat trackers, plain OSC) and files (motion .npz, BVH).

OSC is sent from one thread of its own and only the newest pose counts; the recorder writes every pose, in order.
"""
