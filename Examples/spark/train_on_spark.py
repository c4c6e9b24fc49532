#!/usr/bin/env python3
"""Train a tokenizer from text that Spark holds; the same bytes as a training on one machine.

    train_on_spark.py TEXT... --algorithm bpe|unigram|superword --vocab-size N -o tokenizer.json
        [--toklab toklab] [--master 'local[2]'] [--partitions N] [--fan-in 16] [--work DIR]

Each partition is piped through `toklab count-words`, whose standard output is a shard. Shards are summed by
`toklab merge-counts`, FAN-IN at a time, on the workers, until FAN-IN or fewer are left; those are trained from
here. DIR must be a folder that the driver and all workers see (local mode: any).

Records end at LF only, as toklab's lines do (Spark's own text reader would also end them at CR), and every
file is taken to end with one.
"""
import argparse
import os
import shlex
import shutil
import subprocess
import sys

from pyspark.sql import SparkSession

PATTERNS = {
    "bpe": ["o200k"],
    "superword": ["o200k-plain", "superbpe"],
    "unigram": ["sentencepiece"],
}


def lines(context, paths, partitions):
    """The lines of the files as strings, cut into partitions where lines end."""
    parts = [
        context.newAPIHadoopFile(
            "file://" + os.path.abspath(path), "org.apache.hadoop.mapreduce.lib.input.TextInputFormat",
            "org.apache.hadoop.io.LongWritable", "org.apache.hadoop.io.Text",
            conf={"textinputformat.record.delimiter": "\n",
                  "mapreduce.input.fileinputformat.split.maxsize": str(
                      max(1, -(-os.path.getsize(path) * len(paths) // partitions)))}).values()
        for path in paths
    ]
    return context.union(parts)


def merge(toklab, group):
    """Sums the shards of a group into its first one's place; runs on a worker."""
    target, shards = group
    with open(target + ".new", "wb") as out:
        subprocess.run([toklab, "merge-counts", "--quiet", *shards], stdout=out, check=True)
    os.replace(target + ".new", target)
    return target


def count(context, options, pattern):
    folder = os.path.join(options.work, pattern)
    command = shlex.join([options.toklab, "count-words", "--quiet", "--threads", "1", "--pre-tokenizer", pattern])
    # checkCode: a worker that fails fails the job instead of leaving its text out.
    lines(context, options.text, options.partitions).pipe(command, checkCode=True).saveAsTextFile("file://" + folder)
    shards = sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.startswith("part-"))
    print(f"{pattern}: {len(shards)} shards", file=sys.stderr)
    level = 0
    while len(shards) > options.fan_in:
        level += 1
        groups = [(os.path.join(folder, f"level-{level}-{start:09}"), shards[start:start + options.fan_in])
                  for start in range(0, len(shards), options.fan_in)]
        toklab = options.toklab
        shards = context.parallelize(groups, len(groups)).map(lambda group: merge(toklab, group)).collect()
    return shards


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("text", nargs="+")
    parser.add_argument("--algorithm", choices=PATTERNS, default="bpe")
    parser.add_argument("--vocab-size", default="32000")
    parser.add_argument("--toklab", default="toklab")
    parser.add_argument("--master", default="local[2]")
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--fan-in", type=int, default=16)
    parser.add_argument("--work", default="spark-work")
    parser.add_argument("-o", "--output", required=True)
    options = parser.parse_args()
    options.toklab = os.path.abspath(options.toklab) if os.sep in options.toklab else options.toklab
    options.work = os.path.abspath(options.work)
    shutil.rmtree(options.work, ignore_errors=True)
    session = SparkSession.builder.master(options.master).appName("toklab").config("spark.ui.enabled", "false").getOrCreate()
    context = session.sparkContext
    context.setLogLevel("ERROR")
    shards = [shard for pattern in PATTERNS[options.algorithm] for shard in count(context, options, pattern)]
    session.stop()
    subprocess.run([options.toklab, "train", options.algorithm, "--quiet", "--vocab-size", options.vocab_size,
                    "-o", options.output, "--counts", *shards], check=True)


if __name__ == "__main__":
    main()
