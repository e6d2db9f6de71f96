"""Placeholder colours to draw with; `svg.py` turns each into the CSS variable of its name.

The page's theme then decides what they look like, in light, in dark and on paper.
"""

INK = "#a00001"
MUTED = "#a00002"
LINE = "#a00003"
ACCENT = "#a00004"
SECOND = "#a00005"

VARIABLES = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    LINE: "var(--line)",
    ACCENT: "var(--accent)",
    SECOND: "var(--second)",
}
