"""How the page looks: one calm palette for light and dark, fonts that every system already has.

Knows no component by name; `static/page.css` dresses those.
"""

from pathlib import Path

import gradio as gr

STATIC = Path(__file__).parent / "static"
CSS = (STATIC / "page.css", STATIC / "player.css", STATIC / "clip.css")
SCRIPTS = (STATIC / "page.js", STATIC / "player.js", STATIC / "clip.js")

# No web fonts: the page asks no other host for anything. The CJK faces come before the generic
# family, which on some systems has none.
FONTS = (
    "ui-sans-serif",
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "PingFang SC",
    "Noto Sans CJK SC",
    "Microsoft YaHei",
    "sans-serif",
)
MONO = ("ui-monospace", "SF Mono", "Cascadia Mono", "Noto Sans Mono", "monospace")

PINE = gr.themes.Color(
    c50="#eef7f3",
    c100="#d8ece3",
    c200="#b3d9c9",
    c300="#84c0a8",
    c400="#55a486",
    c500="#34876a",
    c600="#226d54",
    c700="#1c5845",
    c800="#194638",
    c900="#153a2f",
    c950="#0a211b",
)
STONE = gr.themes.Color(
    c50="#fbfaf8",
    c100="#f4f2ee",
    c200="#e8e5df",
    c300="#d6d2ca",
    c400="#a8a39a",
    c500="#7a756c",
    c600="#5a564f",
    c700="#3d3a35",
    c800="#272521",
    c900="#1c1a18",
    c950="#131211",
)


def theme() -> gr.themes.Base:
    """The palette and shapes that every stock component follows."""
    return gr.themes.Base(
        primary_hue=PINE,
        secondary_hue=PINE,
        neutral_hue=STONE,
        radius_size=gr.themes.sizes.radius_lg,
        spacing_size=gr.themes.sizes.spacing_md,
        text_size=gr.themes.sizes.text_md,
        font=list(FONTS),
        font_mono=list(MONO),
    ).set(
        body_background_fill="*neutral_100",
        body_background_fill_dark="*neutral_950",
        body_text_color="*neutral_900",
        body_text_color_dark="*neutral_100",
        body_text_color_subdued="*neutral_500",
        body_text_color_subdued_dark="*neutral_400",
        background_fill_primary="white",
        background_fill_primary_dark="*neutral_900",
        background_fill_secondary="*neutral_50",
        background_fill_secondary_dark="*neutral_800",
        border_color_primary="*neutral_200",
        border_color_primary_dark="*neutral_700",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_title_text_weight="550",
        block_title_text_size="*text_sm",
        block_title_text_color="*neutral_700",
        block_title_text_color_dark="*neutral_200",
        block_info_text_size="*text_xs",
        input_border_width="1px",
        input_background_fill="white",
        input_background_fill_dark="*neutral_800",
        input_border_color="*neutral_200",
        input_border_color_dark="*neutral_700",
        input_border_color_focus="*primary_500",
        input_border_color_focus_dark="*primary_400",
        input_shadow="none",
        input_shadow_focus="0 0 0 3px #34876a33",
        input_placeholder_color="*neutral_400",
        input_placeholder_color_dark="*neutral_500",
        button_large_radius="12px",
        button_medium_radius="10px",
        button_large_text_weight="600",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_dark="*primary_500",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_hover_dark="*primary_400",
        button_primary_text_color="white",
        button_secondary_background_fill="white",
        button_secondary_background_fill_dark="*neutral_800",
        button_secondary_background_fill_hover="*neutral_50",
        button_secondary_background_fill_hover_dark="*neutral_700",
        button_secondary_border_color="*neutral_200",
        button_secondary_border_color_dark="*neutral_700",
        slider_color="*primary_600",
        slider_color_dark="*primary_400",
        checkbox_background_color_selected="*primary_600",
        checkbox_background_color_selected_dark="*primary_500",
        loader_color="*primary_500",
    )
