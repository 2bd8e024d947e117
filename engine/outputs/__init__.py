"""Where poses go: OSC targets, files, and what comes back from both.

OSC      hub -> sender (one per target) with an encoder each: vmc, vrchat, plain_osc; vmc_receiver listens
Takes    recorder -> partial_file while it runs; take is the one form in memory; motion writes it by suffix
Replay   player sends a take or an OSC log again

OSC is sent from one thread and only the newest pose counts; the recorder writes every pose, in order.
"""
