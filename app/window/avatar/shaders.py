"""Shaders of the avatar: skinning in the vertex shader, the joints' matrices in a texture; soft two-tone light.

Same dialect as the 3D view (GLSL 1.10, ES 1.00 on macOS), so both draw in one context. A texture holds any number of
joints; a uniform array would be limited to about 250.
"""

from __future__ import annotations

from OpenGL import GL

ATTRIBUTES = ("a_position", "a_normal", "a_place", "a_joints", "a_weights")
"""Attributes by location."""
UNIFORMS = (
    *("u_mvp", "u_view", "u_joints", "u_rows", "u_picture", "u_region"),
    *("u_colour", "u_cutoff", "u_solid", "u_shaded", "u_lost"),
)

_PRECISION = """
#ifdef GL_ES
precision highp float;
precision highp sampler2D;
#endif
"""

_VERTEX = (
    _PRECISION
    + """
uniform mat4 u_mvp;
uniform mat4 u_view;
uniform sampler2D u_joints;
uniform float u_rows;
uniform vec4 u_region;
attribute vec3 a_position;
attribute vec3 a_normal;
attribute vec2 a_place;
attribute vec4 a_joints;
attribute vec4 a_weights;
varying vec3 v_normal;
varying vec2 v_place;
vec4 x, y, z;
void hang(float joint, float weight) {
    float v = (joint + 0.5) / u_rows;
    x += weight * texture2DLod(u_joints, vec2(0.125, v), 0.0);
    y += weight * texture2DLod(u_joints, vec2(0.375, v), 0.0);
    z += weight * texture2DLod(u_joints, vec2(0.625, v), 0.0);
}
void main() {
    x = y = z = vec4(0.0);
    hang(a_joints.x, a_weights.x);
    if (a_weights.y > 0.0) hang(a_joints.y, a_weights.y);
    if (a_weights.z > 0.0) hang(a_joints.z, a_weights.z);
    if (a_weights.w > 0.0) hang(a_joints.w, a_weights.w);
    vec4 position = vec4(a_position, 1.0);
    vec4 normal = vec4(a_normal, 0.0);
    vec4 world = vec4(dot(x, position), dot(y, position), dot(z, position), 1.0);
    v_normal = (u_view * vec4(dot(x, normal), dot(y, normal), dot(z, normal), 0.0)).xyz;
    v_place = a_place * u_region.xy + u_region.zw;
    gl_Position = u_mvp * world;
}
"""
)

_FRAGMENT = (
    _PRECISION
    + """
uniform sampler2D u_picture;
uniform vec4 u_colour;
uniform float u_cutoff;
uniform float u_solid;
uniform float u_shaded;
uniform float u_lost;
varying vec3 v_normal;
varying vec2 v_place;
void main() {
    vec4 base = u_colour * texture2D(u_picture, v_place);
    if (base.a < u_cutoff) discard;
    vec3 n = normalize(v_normal + vec3(0.0, 0.0, 1e-6));
    n = gl_FrontFacing ? n : -n;
    float key = smoothstep(-0.25, 0.65, dot(n, vec3(0.33, 0.57, 0.75)));
    vec3 light = mix(vec3(0.66, 0.67, 0.74), vec3(1.0), key) + 0.10 * pow(1.0 - max(n.z, 0.0), 3.0);
    vec3 lit = base.rgb * mix(vec3(1.0), light, u_shaded);
    vec3 grey = vec3(dot(lit, vec3(0.30, 0.59, 0.11)) * 0.6 + 0.12);
    gl_FragColor = vec4(mix(lit, grey, u_lost), mix(base.a, 1.0, u_solid));
}
"""
)


class ShaderError(RuntimeError):
    """The driver rejects the avatar's shaders; the message is the driver's."""


def compile_avatar_program(*, es2: bool) -> int:
    """Return the program, compiled in the current context. Raises ShaderError."""
    program = int(GL.glCreateProgram())
    for kind, code in ((GL.GL_VERTEX_SHADER, _VERTEX), (GL.GL_FRAGMENT_SHADER, _FRAGMENT)):
        shader = GL.glCreateShader(kind)
        GL.glShaderSource(shader, ("#version 100\n" if es2 else "") + code)
        GL.glCompileShader(shader)
        if not GL.glGetShaderiv(shader, GL.GL_COMPILE_STATUS):
            raise ShaderError(_words(GL.glGetShaderInfoLog(shader)))
        GL.glAttachShader(program, shader)
        GL.glDeleteShader(shader)
    for location, name in enumerate(ATTRIBUTES):
        GL.glBindAttribLocation(program, location, name)
    GL.glLinkProgram(program)
    if not GL.glGetProgramiv(program, GL.GL_LINK_STATUS):
        raise ShaderError(_words(GL.glGetProgramInfoLog(program)))
    return program


def _words(log: bytes | str) -> str:
    text = log.decode(errors="replace") if isinstance(log, bytes) else log
    return text.strip().splitlines()[0] if text.strip() else "no reason given"
