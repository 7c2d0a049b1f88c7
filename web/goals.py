"""The seventeen goals: their short names for pages, and which ink stands on their colour."""

from typing import Final

from web.marking import N_

GOALS: Final = tuple(range(1, 18))
NAMES: Final = {
    1: N_("No poverty"),
    2: N_("Zero hunger"),
    3: N_("Good health"),
    4: N_("Quality education"),
    5: N_("Gender equality"),
    6: N_("Clean water"),
    7: N_("Clean energy"),
    8: N_("Decent work"),
    9: N_("Industry and innovation"),
    10: N_("Reduced inequalities"),
    11: N_("Cities"),
    12: N_("Consumption and production"),
    13: N_("Climate action"),
    14: N_("Life below water"),
    15: N_("Life on land"),
    16: N_("Peace and institutions"),
    17: N_("Partnerships"),
}
COLOURS: Final = {
    1: "#E5243B", 2: "#DDA63A", 3: "#4C9F38", 4: "#C5192D", 5: "#FF3A21", 6: "#26BDE2", 7: "#FCC30B", 8: "#A21942",
    9: "#FD6925", 10: "#DD1367", 11: "#FD9D24", 12: "#BF8B2E", 13: "#3F7E44", 14: "#0A97D9", 15: "#56C02B",
    16: "#00689D", 17: "#19486A",
}  # fmt: skip
