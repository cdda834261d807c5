"""Options that many families have, made once, so that they read the same everywhere.

Each function gives a pydantic field for a Params class. Knows no family.
"""

from typing import Any, Literal

from pydantic import Field

from studio.spec import in_chinese

Precision = Literal["auto", "bf16", "fp16", "fp32"]
PRECISIONS_ZH = {"auto": "自动", "bf16": "bf16", "fp16": "fp16", "fp32": "fp32"}


def checkpoint(default: str) -> Any:
    return Field(
        default=default,
        min_length=1,
        max_length=1000,
        description="Which weights: an id on the Hugging Face Hub, or a folder",
        json_schema_extra=in_chinese("权重", "Hugging Face Hub 上的编号或文件夹", advanced=True),
    )


def precision() -> Any:
    return Field(
        default="auto",
        description="Numbers to calculate with; auto takes bf16 on a GPU, fp32 on a CPU",
        json_schema_extra=in_chinese(
            "精度", "自动：GPU 用 bf16，CPU 用 fp32", choices_zh=PRECISIONS_ZH, advanced=True
        ),
    )


def side(name: Literal["Width", "Height"], default: int, step: int, most: int = 2048) -> Any:
    """Width or height in px: the sizes that the autoencoder can do, and no others."""
    label_zh = "宽" if name == "Width" else "高"
    return Field(
        default=default,
        ge=step * 2,
        le=most,
        multiple_of=step,
        description=name,
        json_schema_extra=in_chinese(label_zh, f"成品的{label_zh}度，{step} 的倍数", unit="px"),
    )


def steps(default: int, least: int = 1, most: int = 200) -> Any:
    return Field(
        default=default,
        ge=least,
        le=most,
        description="Steps from noise to the result",
        json_schema_extra=in_chinese("步数", "从噪声到成品的步数", advanced=True),
    )


def guidance(default: float, most: float = 20) -> Any:
    return Field(
        default=default,
        ge=0,
        le=most,
        title="Follow the words",
        description="How closely to follow the words",
        json_schema_extra=in_chinese("遵循文字", "多严格地遵循文字", advanced=True),
    )


def negative_prompt(needs: str = "") -> Any:
    """`needs`: what must be set for it to count."""
    return Field(
        default="",
        max_length=2000,
        title="What to avoid",
        description="What to keep out" + (f"; works with {needs}" if needs else ""),
        json_schema_extra=in_chinese("不要出现", "成品中不要有的东西"),
    )


def start_image() -> Any:
    return Field(
        default=None,
        description="Picture to start from",
        json_schema_extra=in_chinese("起始图片", "从这张图片开始"),
    )


def mask() -> Any:
    return Field(
        default=None,
        description="White where the picture may change",
        json_schema_extra=in_chinese("蒙版", "白色处可以改变"),
    )


def strength(default: float = 0.6) -> Any:
    return Field(
        default=default,
        ge=0.05,
        le=1,
        title="How much to change",
        description="How far to leave the picture to start from",
        json_schema_extra=in_chinese("改变程度", "离起始图片多远"),
    )
