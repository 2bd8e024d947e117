"""Join shards of pairs into one file, with a sidecar that describes contents and origin."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

from app.commands.pair_maker import CONFIG
from models.training.pair_shards import find_shards, merge_shards, read_shard


def pack_pairs(folder: Path, target: Path) -> str:
    """Join all shards under a folder into `target`, and write TARGET.json; return a summary line.

    Raises NpzError (no shards, or incompatible shards), OSError.
    """
    shards = find_shards(folder)
    frames = merge_shards(shards, target)
    clips = read_shard(target)
    counts = Counter(f"{clip.kind}, {clip.cut}" for clip in clips)
    found = {
        "file": target.name,
        "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
        "frames": frames,
        "clips": len(clips),
        "clips_by_kind_and_cut": dict(sorted(counts.items())),
        "made_with": {
            str(path.parent.relative_to(folder)): json.loads(path.read_text(encoding="utf-8"))
            for path in sorted(folder.rglob(CONFIG))
        },
    }
    target.with_name(f"{target.name}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return f"{target}: {frames} frames of {len(shards)} shards, {target.stat().st_size / 1e6:.1f} MB"
