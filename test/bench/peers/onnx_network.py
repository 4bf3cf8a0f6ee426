"""The shipped network in ONNX Runtime, with the settings that a session has by itself."""

import numpy as np
import onnxruntime

# What keeps padding out of a maximum and of a softmax.
PADDING_SCORE = np.float32(-1e9)


def open_network(file):
    """A function from tokens [rows, width] and their lengths [rows] to logits [rows, 3]."""
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])

    def logits(tokens, lengths):
        steps = np.arange(tokens.shape[1])[:, np.newaxis]
        mask = np.where(steps < lengths, np.float32(0), PADDING_SCORE)[:, :, np.newaxis]
        inputs = {"tokens": np.ascontiguousarray(tokens.T), "lengths": lengths, "mask": mask}
        return session.run(["logits"], inputs)[0]

    return logits
