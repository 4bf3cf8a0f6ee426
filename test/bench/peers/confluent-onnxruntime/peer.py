"""confluent-kafka with ONNX Runtime; --model says which precision."""

from confluent_loop import run
from onnx_network import open_network
from posts import arguments

given = arguments()
run(given, open_network(given.model))
