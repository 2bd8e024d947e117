"""Shaders of the 3D view: soft light on the body, and a floor whose grid, contact rings and shadow are drawn per pixel.

Written in the oldest dialect that pyqtgraph uses everywhere (GLSL 1.10, ES 1.00 on macOS); no derivatives needed.
"""

from __future__ import annotations

from typing import Any

from pyqtgraph.opengl.shaders import FragmentShader, ShaderProgram, VertexShader

_PRECISION = """
#ifdef GL_ES
precision highp float;
#endif
"""

_BODY_VERTEX = """
uniform mat4 u_mvp;
uniform mat3 u_normal;
attribute vec4 a_position;
attribute vec3 a_normal;
attribute vec4 a_color;
varying vec4 v_color;
varying vec3 v_normal;
void main() {
    v_normal = u_normal * a_normal;
    v_color = a_color;
    gl_Position = u_mvp * a_position;
}
"""

_BODY_FRAGMENT = (
    _PRECISION
    + """
uniform float u_lost[1];
uniform float u_alpha[1];
varying vec4 v_color;
varying vec3 v_normal;
void main() {
    vec3 n = normalize(v_normal);
    float key = max(dot(n, vec3(0.36, 0.62, 0.70)), 0.0);
    float sky = 0.5 + 0.5 * n.y;
    float rim = pow(1.0 - max(n.z, 0.0), 3.0);
    vec3 grey = vec3(0.34, 0.37, 0.42);
    vec3 base = mix(mix(grey, v_color.rgb, v_color.a), grey, u_lost[0]);
    vec3 lit = base * (0.22 + 0.28 * sky + 0.56 * key) + vec3(0.55, 0.75, 0.90) * rim * 0.14;
    float glass = 0.36 + 0.50 * pow(1.0 - abs(n.z), 2.0);
    gl_FragColor = vec4(lit, mix(glass, 1.0, v_color.a) * u_alpha[0]);
}
"""
)

_FLOOR_VERTEX = """
uniform mat4 u_mvp;
attribute vec4 a_position;
varying vec2 v_floor;
void main() {
    v_floor = a_position.xy;
    gl_Position = u_mvp * a_position;
}
"""

_FLOOR_FRAGMENT = (
    _PRECISION
    + """
uniform float u_pixel[1];
uniform float u_body[3];
uniform float u_left[3];
uniform float u_right[3];
varying vec2 v_floor;
float lines(float step_m, float width) {
    vec2 away = abs(fract(v_floor / step_m - 0.5) - 0.5) * step_m;
    return 1.0 - smoothstep(width * 0.35, width * 1.35, min(away.x, away.y));
}
float ring(vec2 centre, float pixel) {
    float away = abs(length(v_floor - centre) - 0.155);
    return 1.0 - smoothstep(0.010, 0.010 + 2.0 * pixel, away);
}
void main() {
    float pixel = u_pixel[0] / gl_FragCoord.w;
    vec2 from_body = v_floor - vec2(u_body[0], u_body[1]);
    float far = length(from_body);
    float fade = 1.0 - smoothstep(1.5, 6.0, far);
    float fine = lines(0.25, pixel) * 0.10 * (1.0 - smoothstep(1.0, 3.2, far));
    float coarse = lines(1.0, pixel * 1.3) * 0.26;
    vec3 colour = vec3(0.050, 0.062, 0.078) + vec3(0.020, 0.026, 0.032) * fade;
    colour += vec3(0.62, 0.72, 0.84) * max(fine, coarse) * fade;
    colour *= 1.0 - 0.55 * u_body[2] * (1.0 - smoothstep(0.05, 0.55, far));
    float left = ring(vec2(u_left[0], u_left[1]), pixel) * u_left[2];
    float right = ring(vec2(u_right[0], u_right[1]), pixel) * u_right[2];
    colour = mix(colour, vec3(0.18, 0.81, 0.72), left);
    colour = mix(colour, vec3(1.0, 0.58, 0.41), right);
    gl_FragColor = vec4(mix(vec3(0.051, 0.063, 0.078), colour, fade), 1.0);
}
"""
)


def body_shader() -> Any:
    """Return the body shader. `u_lost`: 0 tracked .. 1 held and fading; `u_alpha`: overall; the colour's alpha: 0
    guessed (glass) .. 1 seen."""
    stages = [VertexShader(_BODY_VERTEX), FragmentShader(_BODY_FRAGMENT)]
    return ShaderProgram("vtm-body", stages, uniforms={"u_lost": [0.0], "u_alpha": [1.0]})


def floor_shader() -> Any:
    """Return the floor shader. `u_pixel`: metres per pixel at 1 m; `u_body`: x, y, shadow; `u_left`, `u_right`: x, y,
    contact 0..1."""
    start = {"u_pixel": [0.002], "u_body": [0.0, 0.0, 0.0], "u_left": [0.0, 0.0, 0.0], "u_right": [0.0, 0.0, 0.0]}
    return ShaderProgram("vtm-floor", [VertexShader(_FLOOR_VERTEX), FragmentShader(_FLOOR_FRAGMENT)], uniforms=start)
