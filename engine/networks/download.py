"""Checked downloads (pooch): resumable, and renamed only when complete and with the right sha256."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

_TIMEOUT_S = 20.0
_CHUNK_BYTES = 1 << 18
_PARTIAL_CONTENT, _RANGE_NOT_SATISFIABLE = 206, 416

Progress = Callable[[int, int], None]
"""Called with (bytes so far, total bytes) during a download."""


def download(url: str, target: Path, sha256: str, progress: Progress | None = None) -> Path:
    """Download `url` to `target`, unless that file exists. Return `target`.

    Data from a broken connection is kept as NAME.partial, and the next call fetches the rest.
    Raises OSError (no network, rejected by the server, a full disk), ValueError (wrong sha256; nothing is kept).
    """
    import pooch

    pooch.get_logger().setLevel("ERROR")  # it writes to stderr
    fetcher = _Resuming(target.with_name(target.name + ".partial"), progress)
    for first in (True, False):
        fetcher.resumed = False
        try:
            pooch.retrieve(url, f"sha256:{sha256}", fname=target.name, path=target.parent, downloader=fetcher)
        except ValueError:
            if not (first and fetcher.resumed):  # old and new data may not match: restart from the beginning
                raise
        else:
            break
    return target


class _Resuming:
    """A `downloader` for pooch: HTTP, continuing the file of an earlier call."""

    def __init__(self, partial: Path, progress: Progress | None) -> None:
        self._partial = partial
        self._progress = progress
        self.resumed = False

    def __call__(self, url: str, output_file: str, _pooch: Any) -> None:
        """Write the whole content of `url` to `output_file`. Raises OSError."""
        import requests

        done = self._partial.stat().st_size if self._partial.is_file() else 0
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
        with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT_S) as response:
            if response.status_code == _RANGE_NOT_SATISFIABLE:
                self._partial.unlink()
                self.resumed = True
                raise ValueError(f"got {done} bytes, the server has no more")
            response.raise_for_status()
            self.resumed = response.status_code == _PARTIAL_CONTENT
            done = done if self.resumed else 0
            total = done + int(response.headers.get("Content-Length") or 0)
            with self._partial.open("ab" if self.resumed else "wb") as out:
                for chunk in response.iter_content(_CHUNK_BYTES):
                    out.write(chunk)
                    done += len(chunk)
                    if self._progress is not None and total:
                        self._progress(min(done, total), total)
        if done < total:
            raise OSError(f"got {done} of {total} bytes")
        self._partial.replace(output_file)
