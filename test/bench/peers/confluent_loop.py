"""Consume, score, produce, commit, with confluent-kafka: at least once, a micro-batch at a time."""

import json

from confluent_kafka import Consumer, KafkaException, Producer

from posts import TokenTable, batches_by_length, result, to_json

MOST_MESSAGES = 512
# A commit waits for what was produced, so it is not made for each micro-batch.
COMMIT_EVERY = 5_000


def run(arguments, logits):
    """Scores the posts of the input topic with `logits`, a function of tokens and lengths, until all are done."""
    table = TokenTable(arguments.tokens)
    consumer = Consumer(
        {
            "bootstrap.servers": arguments.brokers,
            "group.id": arguments.group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    producer = Producer({"bootstrap.servers": arguments.brokers})
    consumer.subscribe([arguments.input])

    def commit():
        producer.flush()
        consumer.commit(asynchronous=False)

    done = committed = 0
    try:
        while done < arguments.posts:
            messages = consumer.consume(num_messages=MOST_MESSAGES, timeout=1.0)
            for message in messages:
                if message.error():
                    raise KafkaException(message.error())
            posts = [json.loads(message.value()) for message in messages]
            for indices, tokens, lengths in batches_by_length([table.of(post) for post in posts]):
                for index, row in zip(indices, logits(tokens, lengths)):
                    value = to_json(result(posts[index], row))
                    producer.produce(arguments.output, key=messages[index].key(), value=value)
                producer.poll(0)
            done += len(posts)
            if done - committed >= COMMIT_EVERY:
                commit()
                committed = done
        commit()
    finally:
        consumer.close()
