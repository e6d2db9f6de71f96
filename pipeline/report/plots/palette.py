"""Placeholder colours to draw with; `svg.py` turns each into the CSS variable of its name.

The page's theme then decides what they look like, in light, in dark and on paper.
"""

INK = "#a00001"
MUTED = "#a00002"
LINE = "#a00003"
SURFACE = "#a00004"
ACCENT = "#a00005"
SECOND = "#a00006"

VARIABLES = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    LINE: "var(--line)",
    SURFACE: "var(--surface)",
    ACCENT: "var(--accent)",
    SECOND: "var(--second)",
}
