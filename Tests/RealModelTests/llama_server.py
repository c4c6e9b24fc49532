"""A model for `--model python:…` that starts a llama-server from the bindings and asks it as `--model http://…` does."""
import argparse
import os
import sys

helper = sys.modules["__main__"]


def open_model(arguments):
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = MODEL
    parameters.n_ctx = 512
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = 1
    parameters.cpuparams_batch.n_threads = 1
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    server = xllamacpp.Server(parameters)
    model = helper.Server(argparse.Namespace(model=server.listening_address, vocabulary=arguments.vocabulary))
    model.server = server  # it ends with the model
    return model


MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.cache/models/SmolLM2-135M-Instruct.Q4_1.gguf")
