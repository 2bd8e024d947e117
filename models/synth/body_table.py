"""All classes of poses of the body: models.synth.standing_table, seated_table and low_table."""

from __future__ import annotations

from models.synth.body import Body
from models.synth.low_table import LOW
from models.synth.seated_table import SEATED
from models.synth.standing_table import ONE_LEG, STANDING

BODIES: dict[str, Body] = STANDING | ONE_LEG | SEATED | LOW
