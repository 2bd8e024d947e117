"""Sending and receiving OSC: targets, packets, VMC, VRChat, plain OSC, the receive port, the output clock."""
