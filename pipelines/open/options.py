"""Options that many families have, made once, so that they read the same everywhere.

Each function gives a pydantic field for a Params class. Knows no family.
"""

from typing import Any, Literal

from pydantic import Field

from studio.spec import in_chinese

Precision = Literal["auto", "bf16", "fp16", "fp32"]
FITS_ZH = {
    "auto": "自动", "whole": "全部放入内存", "offload": "逐个部件放入显存",
    "int8": "8 位整数权重", "fp8": "8 位浮点权重", "stream": "逐层放入显存",
    "disk": "逐层从磁盘读取",
}  # fmt: skip
PRECISIONS_ZH = {"auto": "自动", "bf16": "bf16", "fp16": "fp16", "fp32": "fp32"}


def checkpoint(default: str) -> Any:
    return Field(
        default=default,
        min_length=1,
        max_length=1000,
        description="Which weights: an id on the Hugging Face Hub, a folder or a safetensors file",
        json_schema_extra=in_chinese(
            "权重", "Hugging Face Hub 上的编号、文件夹或 safetensors 文件", advanced=True
        ),
    )


def adapter() -> Any:
    return Field(
        default="",
        max_length=4000,
        title="LoRA",
        description="LoRA to add: a safetensors file, a folder or owner/name; several: a:0.8+b",
        json_schema_extra=in_chinese(
            "LoRA", "safetensors 文件、文件夹或 owner/name；多个写作 a:0.8+b", advanced=True
        ),
    )


def precision() -> Any:
    return Field(
        default="auto",
        description="Numbers to calculate with; auto takes bf16, or fp32 on CPUs slow at that",
        json_schema_extra=in_chinese(
            "精度",
            "自动：用 bf16，不擅长 bf16 的 CPU 用 fp32",
            choices_zh=PRECISIONS_ZH,
            advanced=True,
        ),
    )


def attention() -> Any:
    return Field(
        default="native",
        description="How attention is calculated; others than native need a GPU and a package",
        json_schema_extra=in_chinese(
            "注意力实现",
            "除“内置”外都需要 GPU 和相应的软件包",
            choices_zh={
                "native": "内置",
                "flash": "flash-attn",
                "sage": "SageAttention",
                "xformers": "xFormers",
            },
            advanced=True,
        ),
    )


def cache() -> Any:
    return Field(
        default="none",
        description="first-block leaves out passes that would change little: quicker, less exact",
        json_schema_extra=in_chinese(
            "缓存",
            "跳过变化很小的计算：更快，但不完全一致",
            choices_zh={"none": "不用", "first-block": "首块缓存"},
            advanced=True,
        ),
    )


def compiling() -> Any:
    return Field(
        default="none",
        title="Compile",
        description="regional makes the model's blocks into code for this machine: slow the first "
        "time, then quicker; needs a compiler",
        json_schema_extra=in_chinese(
            "编译",
            "把模型的重复块编译为本机代码：首次较慢，之后更快；需要编译器",
            choices_zh={"none": "不用", "regional": "编译重复块"},
            advanced=True,
        ),
    )


def fit() -> Any:
    return Field(
        default="auto",
        title="Fit into memory",
        description="How it is laid out in memory; auto takes the fastest that this machine holds",
        json_schema_extra=in_chinese(
            "内存方案", "自动：选用本机容得下的最快方案", choices_zh=FITS_ZH, advanced=True
        ),
    )


def side(
    name: Literal["Width", "Height"], default: int, step: int, most: int = 2048, least: int = 0
) -> Any:
    """Width or height in px: the sizes that the autoencoder can do, and no others."""
    label_zh = "宽" if name == "Width" else "高"
    return Field(
        default=default,
        ge=least or step * 2,
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
        default=float(default),
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


def start_image(description: str = "Picture to start from") -> Any:
    return Field(
        default=None,
        description=description,
        json_schema_extra=in_chinese("起始图片", "从这张图片开始"),
    )


def mask() -> Any:
    return Field(
        default=None,
        description="White where the picture may change",
        json_schema_extra=in_chinese("蒙版", "白色处可以改变"),
    )


def strength(default: float = 0.6, needs: str = "") -> Any:
    """`needs`: what must be given for it to count."""
    return Field(
        default=float(default),
        ge=0.05,
        le=1,
        title="How much to change",
        description="How far to leave the picture to start from"
        + (f"; works with {needs}" if needs else ""),
        json_schema_extra=in_chinese("改变程度", "离起始图片多远"),
    )


def reference(number: int = 1) -> Any:
    nth = "" if number == 1 else f", number {number}"
    nth_zh = "" if number == 1 else f"（第 {number} 张）"
    return Field(
        default=None,
        description=f"Picture to look at, such as of a person, a thing or a style{nth}",
        json_schema_extra=in_chinese(f"参考图片{nth_zh}", "供参考的人物、物品或风格图片"),
    )


def ip_adapter(usual: str) -> Any:
    """`usual`: the one that is taken where none is named."""
    return Field(
        default="",
        max_length=1000,
        title="IP-Adapter",
        description=f"Weights that look at reference: a safetensors file; empty: {usual}",
        json_schema_extra=in_chinese(
            "IP-Adapter", "看参考图片的权重：safetensors 文件；留空用默认的", advanced=True
        ),
    )


def reference_strength(default: float = 0.6) -> Any:
    return Field(
        default=float(default),
        ge=0,
        le=1,
        title="Follow the reference",
        description="How closely to follow reference; 0: not at all",
        json_schema_extra=in_chinese("遵循参考图片", "多严格地遵循参考图片，0 为不看"),
    )


def controlnet(what: Literal["image", "video"] = "image") -> Any:
    what_zh = {"image": "图片", "video": "短片"}[what]
    return Field(
        default="",
        max_length=1000,
        title="ControlNet",
        description=f"Weights that follow control_{what}: an id on the Hugging Face Hub, a folder",
        json_schema_extra=in_chinese(
            "控制网络",
            f"遵循控制{what_zh}的权重：Hugging Face Hub 上的编号或文件夹",
            advanced=True,
        ),
    )


def control_image() -> Any:
    return Field(
        default=None,
        description="Picture that says where things are, as the ControlNet needs it: edges, depths",
        json_schema_extra=in_chinese("控制图片", "按控制网络的要求给出位置的图片：边缘、深度等"),
    )


def control_strength(default: float = 1, what: Literal["image", "video"] = "image") -> Any:
    label_zh = {"image": "控制图片", "video": "控制短片"}[what]
    return Field(
        default=float(default),
        ge=0,
        le=2 if what == "image" else 1,
        title=f"Follow the control {what}",
        description=f"How closely to follow control_{what}",
        json_schema_extra=in_chinese(f"遵循{label_zh}", f"多严格地遵循{label_zh}", advanced=True),
    )


def upscaler() -> Any:
    return Field(
        default="",
        max_length=1000,
        title="Upscaler",
        description="Weights that enlarge what is made at half the size: owner/name/part, a folder",
        json_schema_extra=in_chinese(
            "放大模型", "先以一半尺寸生成再放大：owner/name/部件 或文件夹", advanced=True
        ),
    )
