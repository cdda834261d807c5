"""A small network that sees what a frame shows: the judge of drawings, asked for its features.

It tells moved drawings from other drawings more often than colours and edges do
(docs/consistency.md has the numbers), at 64 px a frame. Knows nothing about clips.
"""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from pipelines.temporal.flow import Pixels
from pipelines.temporal.identity import Features
from studio.weights import shipped_file, verify

FOLDER = Path(__file__).parents[2] / "assets" / "judge"
SIDE = 64


def load_eye(folder: Path = FOLDER) -> Callable[[Pixels], Features]:
    """Loads the network; what comes back turns a frame, uint8 (H, W, 3), into (N,) features.

    Raises:
        WeightsError: the weights are missing or damaged.
    """
    # Both take seconds to import.
    import torch
    from transformers import ResNetForImageClassification

    verify(shipped_file(folder, "model.safetensors"))
    network = ResNetForImageClassification.from_pretrained(folder, dtype=torch.float32).eval()

    def look(frame: Pixels) -> Features:
        seen = cv2.resize(frame, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        x = torch.from_numpy(np.asarray(seen, np.float32) / 127.5 - 1).permute(2, 0, 1)[None]
        with torch.inference_mode():
            features = network.resnet(x.contiguous()).pooler_output.flatten().numpy()
        return features / max(float(np.linalg.norm(features)), 1e-6)

    return look
