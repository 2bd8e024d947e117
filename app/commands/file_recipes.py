"""Kinds of video files, each as the ffmpeg commands that make it from a clip and what a reader has to find in it.

In commands {base} is the clip, {out} the file to make, {tmp} a name for what lies between, {x264} plain H.264.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

X264 = "-c:v libx264 -crf 16 -pix_fmt yuv420p"


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table. What is None is as in the clip."""

    name: str
    file: str
    commands: tuple[str, ...]
    size: tuple[int, int] | None = None
    frames: float = 1.0  # of the clip's
    fps: float | None = None
    seconds: float | None = None
    within_mm: float = 12.0  # of the clip's joints, in the mean
    begins_s: float = 0.0  # where in the clip it begins
    same_lens: bool = True  # the same lens saw it, uncropped; else joints are not compared
    then: Callable[[Path], None] | None = None  # what goes wrong with the file afterwards
    said: str = ""  # part of what the user is told
    refused: str = ""  # part of the one line with which it is refused
    source: str = ""  # what is given to vtm, if not the file; {folder} is its folder
    rate: float | None = None  # --fps


def _cut(keep: float) -> Callable[[Path], None]:
    def cut(path: Path) -> None:
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * keep)])

    return cut


def _without_start(path: Path) -> None:
    """A transport stream that begins in the middle of a group of pictures."""
    content = path.read_bytes()
    path.write_bytes(content[len(content) // 1880 * 188 :])


def _hole(path: Path) -> None:
    """Rubbish over a tenth of the file, in its middle."""
    content = bytearray(path.read_bytes())
    start, length = len(content) // 2, len(content) // 50
    content[start : start + length] = bytes(range(256)) * (length // 256) + bytes(length % 256)
    path.write_bytes(content)


def _missing_picture(path: Path) -> None:
    for number in range(40, 46):
        (path.parent / f"{number:04d}.jpg").unlink()


def _broken_picture(path: Path) -> None:
    picture = path.parent / "0040.png"
    picture.write_bytes(picture.read_bytes()[:300])


def _plain(name: str, file: str, options: str, **right: object) -> Kind:
    return Kind(name, file, (f"-i {{base}} {options} {{out}}",), **right)  # type: ignore[arg-type]


def _turned(degrees: int, filters: str) -> Kind:
    made = f"-i {{base}} -vf {filters} {X264} {{tmp}}.mp4"
    turn = f"-display_rotation:v:0 {degrees} -i {{tmp}}.mp4 -c copy {{out}}"
    return Kind(f"display matrix of {degrees}°", f"turned_{degrees}.mp4", (made, turn))


KINDS: tuple[Kind, ...] = (
    _plain("H.264 in MP4, again", "h264.mp4", X264),
    _plain("H.264 in Matroska, B-frames, open GOP", "open_gop.mkv", f"{X264} -bf 4 -g 20 -x264-params open-gop=1"),
    _plain("H.264, 10 bits", "h264_10bit.mp4", "-c:v libx264 -crf 16 -pix_fmt yuv420p10le"),
    _plain(
        "H.264, 4:4:4, odd size",
        "odd.mp4",
        "-vf format=yuv444p,crop=639:479:0:0:exact=1 -c:v libx264 -crf 16 -pix_fmt yuv444p",
        size=(639, 479),
    ),
    _plain(
        "H.264, full range",
        "full_range.mp4",
        f"-vf scale=out_range=pc -color_range pc {X264.replace('yuv420p', 'yuvj420p')}",
    ),
    _plain("H.265 in MP4", "hevc.mp4", "-c:v libx265 -crf 18 -tag:v hvc1 -x265-params log-level=error"),
    _plain(
        "H.265, HDR (PQ, BT.2020, 10 bits)",
        "hdr.mov",
        "-c:v libx265 -crf 18 -pix_fmt yuv420p10le -tag:v hvc1 -color_trc smpte2084 -color_primaries bt2020"
        " -colorspace bt2020nc -x265-params log-level=error",
    ),
    _plain("VP8 in WebM", "vp8.webm", "-c:v libvpx -b:v 3M"),
    _plain("VP9 in WebM", "vp9.webm", "-c:v libvpx-vp9 -crf 20 -b:v 0 -cpu-used 6"),
    _plain("VP9 with alpha", "alpha.webm", "-c:v libvpx-vp9 -crf 20 -b:v 0 -cpu-used 6 -pix_fmt yuva420p"),
    _plain("AV1 in MP4", "av1.mp4", "-c:v libsvtav1 -crf 20 -preset 10"),
    _plain("MPEG-4 ASP in AVI, B-frames", "xvid.avi", "-c:v mpeg4 -q:v 3 -bf 2 -tag:v XVID"),
    _plain("Windows Media", "clip.wmv", "-c:v wmv2 -b:v 3M"),
    _plain("Theora in Ogg", "clip.ogv", "-c:v libtheora -q:v 9"),
    _plain("Flash (Sorenson)", "clip.flv", "-c:v flv -q:v 3"),
    _plain("H.264 in FLV", "h264.flv", X264),
    _plain(
        "H.263 in 3GP, 352x288, pixels 12:11",
        "clip.3gp",
        "-vf scale=352:288,setsar=12/11 -c:v h263 -q:v 3",
        size=(384, 288),
    ),
    _plain("ProRes 422 in QuickTime", "prores.mov", "-c:v prores_ks -profile:v 2"),
    _plain("ProRes 4444 with alpha", "prores_alpha.mov", "-c:v prores_ks -profile:v 4 -pix_fmt yuva444p10le"),
    _plain("QuickTime Animation", "rle.mov", "-c:v qtrle"),
    _plain("DNxHR in MXF", "clip.mxf", "-c:v dnxhd -profile:v dnxhr_hq -pix_fmt yuv422p"),
    _plain("MJPEG in AVI", "mjpeg.avi", "-c:v mjpeg -q:v 3 -pix_fmt yuvj420p"),
    _plain("FFV1 in Matroska", "ffv1.mkv", "-c:v ffv1"),
    _plain("grey", "grey.mkv", "-c:v ffv1 -pix_fmt gray", within_mm=40.0),
    _plain("uncompressed AVI", "raw.avi", "-c:v rawvideo -pix_fmt bgr24"),
    _plain("H.264 without a container", "clip.h264", f"{X264} -bf 0", fps=None),
    _plain("fragmented MP4", "fragments.mp4", f"{X264} -movflags frag_keyframe+empty_moov+default_base_moof -g 15"),
    _plain(
        "DV PAL, interlaced, pixels 16:15",
        "pal.avi",
        "-vf scale=720:576,setsar=16/15,fps=25 -c:v dvvideo -pix_fmt yuv420p",
        size=(768, 576),
        fps=25.0,
        frames=25 / 30,
    ),
    _plain(
        "H.264 interlaced, upper field first",
        "interlaced.mts",
        f"-vf fps=60,interlace=scan=tff {X264} -flags +ilme+ildct -x264-params tff=1 -f mpegts",
        within_mm=14.0,
    ),
    _plain(
        "MPEG-2 interlaced, lower field first",
        "interlaced.mpg",
        "-vf fps=60,interlace=scan=bff -c:v mpeg2video -q:v 3 -flags +ilme+ildct",
        within_mm=14.0,
    ),
    _turned(90, "transpose=1"),
    _turned(180, "hflip,vflip"),
    _turned(270, "transpose=2"),
    Kind(
        "mirrored by its display matrix",
        "mirrored.mp4",
        (f"-i {{base}} -vf hflip {X264} {{tmp}}.mp4", "-display_hflip:v:0 -i {tmp}.mp4 -c copy {out}"),
    ),
    _plain("anamorphic, pixels 2:1", "anamorphic.mp4", f"-vf scale=320:480,setsar=2/1 {X264}", size=(640, 480)),
    _plain("portrait", "portrait.mp4", f"-vf crop=360:480 {X264}", size=(360, 480), same_lens=False),
    _plain("59.94 frames/s", "ntsc60.mp4", f"-vf fps=60000/1001 {X264}", fps=60000 / 1001, frames=2.0),
    _plain("23.976 frames/s", "film.mov", f"-vf fps=24000/1001 {X264}", fps=24000 / 1001, frames=0.8),
    _plain("5 frames/s", "slow.mp4", f"-vf fps=5 {X264}", fps=5.0, frames=5 / 30, within_mm=60.0),
    _plain(
        "variable rate: still for a second",
        "vfr.mp4",
        rf"-vf select=not(between(n\,30\,59)) -fps_mode vfr {X264}",
        frames=2 / 3,
        within_mm=25.0,
    ),
    _plain("variable rate, screen recorder", "vfr.mkv", rf"-vf select=mod(n\,5) -fps_mode vfr {X264}", frames=0.8),
    Kind(
        "trimmed by an edit list",
        "trimmed.mp4",
        (f"-i {{base}} {X264} -g 90 {{tmp}}.mp4", "-ss 1 -i {tmp}.mp4 -c copy {out}"),
        frames=2 / 3,
        begins_s=1.0,
        seconds=2.0,
    ),
    _plain("time stamps from 26 hours on", "late.ts", f"{X264} -output_ts_offset 93600"),
    _plain("time stamps below zero", "early.mkv", f"{X264} -output_ts_offset -1.5 -avoid_negative_ts disabled"),
    Kind(
        "MPEG-TS with a jump of its clock",
        "jump.ts",
        (
            f"-t 1.5 -i {{base}} {X264} -output_ts_offset 5000 {{tmp}}.1.ts",
            f"-ss 1.5 -i {{base}} {X264} -output_ts_offset 20 {{tmp}}.2.ts",
            "-i concat:{tmp}.1.ts|{tmp}.2.ts -c copy -copyts -mpegts_copyts 1 -f mpegts {out}",
        ),
    ),
    _plain(
        "MPEG-TS from the middle of a group",
        "middle.ts",
        f"{X264} -g 30",
        then=_without_start,
        frames=2 / 3,
        begins_s=1.0,
        said="begins between two keyframes",
    ),
    _plain("Matroska without duration and index", "piped.mkv", f"{X264} -live 1 -f matroska"),
    Kind(
        "sound, subtitle track and a cover picture before the video",
        "cover.mkv",
        (
            "-i {base} -frames:v 1 {tmp}.png",
            "-i {base} -i {tmp}.png -f lavfi -t 3 -i sine -map 1:v -map 0:v -map 2:a -c:v:0 mjpeg -disposition:v:0"
            " attached_pic -c:v:1 libx264 -crf 16 -pix_fmt:v:1 yuv420p -c:a aac {out}",
        ),
    ),
    _plain("GIF, 10 frames/s", "clip.gif", "-vf fps=10", fps=10.0, frames=1 / 3, within_mm=40.0),
    _plain("animated PNG", "clip.apng", "-c:v apng"),
    _plain("animated WebP", "clip.webp", "-c:v libwebp_anim -quality 90"),
    _plain("folder of pictures", "png/0001.png", "{folder}/%04d.png", source="{folder}"),
    _plain(
        "pattern, six pictures missing",
        "jpg/0001.jpg",
        "-q:v 2 {folder}/%04d.jpg",
        source="{folder}/%04d.jpg",
        then=_missing_picture,
        frames=84 / 90,
        within_mm=14.0,
    ),
    _plain(
        "pattern at 60 frames/s",
        "fast/0001.png",
        "{folder}/%04d.png",
        source="{folder}/*.png",
        rate=60.0,
        fps=60.0,
        seconds=1.5,
        same_lens=False,
    ),
    _plain(
        "folder, one picture broken",
        "hurt/0001.png",
        "{folder}/%04d.png",
        source="{folder}",
        then=_broken_picture,
        frames=89 / 90,
        said="1 of the 90 pictures",
    ),
    _plain("Matroska, cut off", "cut.mkv", X264, then=_cut(0.6), frames=0.6, said="cut off"),
    _plain(
        "AVI, cut off, no index",
        "cut.avi",
        "-c:v mjpeg -q:v 3 -pix_fmt yuvj420p",
        then=_cut(0.5),
        frames=0.5,
        said="cut off",
    ),
    _plain("MP4, rubbish in its middle", "hurt.mp4", X264, then=_hole, frames=0.95, within_mm=40.0, said="is damaged"),
    _plain("MP4, cut off, no index", "cut.mp4", X264, then=_cut(0.6), refused="its beginning or index is missing"),
    _plain("no picture in it", "nothing.mp4", f"-frames:v 0 {X264}", refused="no"),
    Kind("sound alone", "sound.m4a", ("-f lavfi -t 3 -i sine -c:a aac {out}",), refused="holds sound and no picture"),
    _plain("empty file", "empty.mp4", X264, then=lambda path: path.write_bytes(b""), refused="is empty (0 bytes)"),
    _plain(
        "text by a video's name",
        "text.mp4",
        X264,
        then=lambda path: path.write_bytes(b"not a video\n" * 99),
        refused="is not a video",
    ),
)
