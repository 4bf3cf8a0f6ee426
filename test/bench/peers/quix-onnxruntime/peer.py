"""Quix Streams with ONNX Runtime: one message at a time, as its dataframes are."""

import numpy as np
from quixstreams import Application

from onnx_network import open_network
from posts import TokenTable, arguments, result

given = arguments()
table = TokenTable(given.tokens)
logits = open_network(given.model)


def score(post):
    tokens = table.of(post)
    lengths = np.array([len(tokens)], dtype=np.int32)
    return result(post, logits(tokens[np.newaxis, :], lengths)[0])


app = Application(broker_address=given.brokers, consumer_group=given.group, auto_offset_reset="earliest")
posts = app.topic(given.input, value_deserializer="json")
results = app.topic(given.output, value_serializer="json")

dataframe = app.dataframe(posts)
dataframe = dataframe.apply(score)
dataframe = dataframe.to_topic(results)

app.run(count=given.posts)
