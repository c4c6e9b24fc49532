"""A model folder in transformers: `transformers_folder.py FOLDER` reads a text, loads the folder with AutoTokenizer and
AutoModelForCausalLM, and writes a line of the text's ids, one of the 20 ids that greedy search gives after it, one of
the model's class and rows, and then the natural logarithms of the probabilities after the begin token and each id, as
32-bit floats."""

import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder = sys.argv[1]
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
text = sys.stdin.buffer.read().decode()
ids = tokenizer(text, add_special_tokens=False)["input_ids"]
with torch.no_grad():
    whole = torch.tensor([[tokenizer.bos_token_id] + ids])
    rows = model(whole).logits[0].log_softmax(-1)
    more = model.generate(whole, attention_mask=torch.ones_like(whole), max_new_tokens=20, min_new_tokens=20,
                          do_sample=False)[0][whole.shape[1]:].tolist()
for line in (ids, more, [type(model).__name__, model.get_input_embeddings().weight.shape[0]]):
    sys.stdout.buffer.write((" ".join(map(str, line)) + "\n").encode())
sys.stdout.buffer.write(rows.numpy().astype("<f4").tobytes())
