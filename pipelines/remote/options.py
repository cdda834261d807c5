"""What every remote family is asked, and how that is told to each kind of server.

Knows what servers call things, no family.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from pipelines.remote import address
from studio.spec import Params, in_chinese

UNKNOWN_LICENCE = "LicenseRef-Unknown"
Server = Literal["vllm-omni", "sglang", "openai"]
SERVERS_ZH = {"vllm-omni": "vLLM-Omni", "sglang": "SGLang", "openai": "OpenAI 式"}
LOADS_BY = ("base_url", "served_model", "server", "licence")
MEMORY_BYTES = 300_000_000
"""Here only the answer is held; the model is elsewhere."""

# Of our options, what servers of diffusion models call those that OpenAI's interface has not.
_BEYOND_OPENAI = {
    "negative_prompt": "negative_prompt",
    "steps": "num_inference_steps",
    "guidance": "guidance_scale",
}


class RemoteParams(Params):
    """Which server, which of its models, and under what terms."""

    base_url: str = Field(
        default="",
        max_length=2000,
        title="Server",
        description="The server's address up to /v1; empty takes STUDIO_REMOTE_URL or remote.toml",
        json_schema_extra=in_chinese("服务器", "服务器地址，到 /v1 为止；留空用已设置的"),
    )
    served_model: str = Field(
        default="",
        max_length=500,
        title="Model there",
        description="A model as the server names it; empty takes the one that it serves",
        json_schema_extra=in_chinese("远程模型", "服务器上的模型名；留空用其默认模型"),
    )
    server: Server = Field(
        default="vllm-omni",
        description="Whose interface it has: openai knows no seed, steps or guidance",
        json_schema_extra=in_chinese(
            "接口", "openai 接口没有种子、步数和引导", choices_zh=SERVERS_ZH, advanced=True
        ),
    )
    licence: str = Field(
        default="",
        max_length=500,
        description="SPDX licence of the model there, if you know it; unknown otherwise",
        json_schema_extra=in_chinese("许可证", "远程模型的 SPDX 许可证；留空即未知", advanced=True),
    )
    steps: int | None = Field(
        default=None,
        ge=1,
        le=200,
        description="Steps from noise to the result; empty leaves them to the server",
        json_schema_extra=in_chinese("步数", "留空由服务器决定", advanced=True),
    )
    guidance: float | None = Field(
        default=None,
        ge=0,
        le=20,
        title="Follow the words",
        description="How closely to follow the words; empty leaves it to the server",
        json_schema_extra=in_chinese("遵循文字", "留空由服务器决定", advanced=True),
    )
    negative_prompt: str = Field(
        default="",
        max_length=2000,
        title="What to avoid",
        description="What to keep out, where the model there knows how",
        json_schema_extra=in_chinese("不要出现", "成品中不要有的东西"),
    )
    timeout_s: float = Field(
        default=600,
        ge=1,
        le=86_400,
        title="Patience",
        description="How long to wait for the server",
        json_schema_extra=in_chinese("等待", "等待服务器多久", unit="s", advanced=True),
    )

    @model_validator(mode="before")
    @classmethod
    def _at_a_server(cls, given: Any) -> Any:
        """The server is part of what was asked, so that the record has it."""
        if not isinstance(given, dict):
            return given
        url = str(given.get("base_url") or "")
        return {**given, "base_url": address.checked(url) if url else address.usual()}

    @model_validator(mode="after")
    def _is_understood_there(self) -> "RemoteParams":
        given = [name for name in _BEYOND_OPENAI if getattr(self, name) not in (None, "")]
        if self.server == "openai" and given:
            raise ValueError(f"{given[0]} is unknown to server openai; leave it out")
        return self

    @classmethod
    def notes(cls, given: Mapping[str, Any]) -> tuple[str, ...]:
        """What leaves this machine is said before it does."""
        filled = cls.model_validate(dict(given))
        if not filled.base_url:
            return ()
        told = [f"the prompt goes to {filled.base_url}"]
        if filled.server == "openai":
            told.append("its interface knows no seed: a replay makes another result")
        return tuple(told)


def asked(params: RemoteParams) -> dict[str, Any]:
    """The options that were given, as the server names them; the rest is left to it."""
    found: dict[str, Any] = {"model": params.served_model} if params.served_model else {}
    if params.server == "openai":
        return found
    found["seed"] = params.seed
    for name, called in _BEYOND_OPENAI.items():
        if (value := getattr(params, name)) not in (None, ""):
            found[called] = value
    return found


def licence_of(licence: str = "", **_: Any) -> str:
    """The licence that the person says the model there has."""
    return licence.strip() or UNKNOWN_LICENCE


def is_set_up(base_url: str = "", **_: Any) -> bool:
    """Whether there is a server to ask."""
    return bool(base_url or address.usual())
