"""The verbs of the command line as runs: what `matrix_test.py` compares and what `Faults/faults_test.py` disturbs.

A run is a list of steps, each a command line in a folder where `in/` is what `inputs.py` made and `out/` is to be filled.
`THREADS` stands for `--threads N`, `JOBS` for `--jobs N`, `PYTHON` for `--python PROGRAM`.
"""

TRAIN = {
    "train bpe": ["in/text --vocab-size 2000 --special bos=<s>", "in/text --vocab-sizes 500,900,1400 -o out/sizes/",
                  "in/text --vocab-size 900 --weights in/weights.tsv", "in/text --vocab-size 900 --balance 0.3",
                  "--counts in/a.shard in/b.shard --vocab-size 900",
                  "in/lines.jsonl --json-field text --vocab-size 600 --json"],
    "train unigram": ["in/text --vocab-size 800", "in/text/a --vocab-size 400 --mode sp-0.2.0",
                      "in/text/five.txt --vocab-size 500 -o out/u.model"],
    "train wordpiece": ["in/text --vocab-size 1200"],
    "train superword": ["in/text/a --vocab-size 1500"],
    "train supertoken": ["in/text/a --vocab-size 1200"],
    "train batch-bpe": ["in/text --vocab-size 2000"],
    "train pathpiece": ["in/text/a --vocab-size 400"],
    "train mingram": ["in/text/a --vocab-size 400"],
}

TEXT = {
    "encode": ["-t in/bpe.json in/text --json -o out/records.jsonl --provenance out/PROVENANCE",
               "-t in/bpe.json in/text --per-line --format u16 --lengths out/lengths -o out/ids",
               "-t in/unigram.json in/text/a --per-line", "-t in/wordpiece.json in/text --format tokens",
               "-t in/large.txt in/hard.txt", "-t in/bpe.json in/small.txt --per-line --dropout 0.2 --seed 3",
               "-t in/unigram.json in/small.txt --per-line --sample 0.5", "-t in/unigram.json in/small.txt --per-line --nbest 3",
               "-t in/bpe.json in/small.txt --per-line --truncation 7 --padding longest --json",
               "-t in/bpe.json in/hard.txt --algorithm reference --allow-special all"],
    "decode": ["-t in/bpe.json in/ids.txt --per-line", "-t in/bpe.json in/ids.txt -o out/text"],
    "count": ["-t in/bpe.json -t in/other.json -t in/unigram.json in/text --json", "-t in/bpe.json in/lines.jsonl --json-field text"],
    "count-words": ["in/text -o out/shard", "in/text --pre-tokenizer gpt2"],
    "merge-counts": ["in/a.shard in/b.shard in/five.shard -o out/shard"],
    "view": ["in/bpe.json in/small.txt --html out/page.html", "in/unigram.json in/short.txt --explain",
             "-t in/bpe.json -t in/unigram.json in/small.txt --json"],
    "dynamic encode": ["-t in/bpe.json in/small.txt --json", "-t in/bpe.json in/small.txt --merges 20 --ties first -o out/d.json --json"],
    "dynamic vocabulary": ["-t in/bpe.json in/text --vocab-size 3000 -o out/large.txt"],
    "dynamic measure": ["-t in/bpe.json --parallel in/five --json"],
}

TOKENIZERS = {
    "edit": ["in/bpe.json --truncate 600 -o out/t.json", "in/bpe.json --prune in/text/b --keep 700 -o out/t/",
             "in/bpe.json --extend in/text/b --to 1600 -o out/t.json", "in/bpe.json --add in/added.txt -o out/t.json",
             "in/other.json --remove-unreachable -o out/t.json"],
    "inspect": ["in/bpe.json --json", "in/unigram.json --dump-vocab -o out/vocabulary"],
    "export": ["in/bpe.json --to huggingface -o out/t.json", "in/other.json --to tiktoken -o out/t.tiktoken",
               "in/unigram.json --to sentencepiece -o out/t.model", "in/bpe.json --to gguf -o out/t.gguf",
               "in/bpe.json --to vocab-merges -o out/t", "in/wordpiece.json --to vocab-txt -o out/t.txt",
               "in/bpe.json --to vocab-tsv", "in/bytes.tiktoken --pattern tekken --to tekken -o out/tekken.json"],
    "verify": ["in/bpe.json in/text --json", "1: in/bpe.json --against in/other.json in/small.txt --json"],
    "diff": ["in/bpe.json in/other.json in/small.txt --per-line --json", "in/bpe.json in/other.json"],
}

INTERVALS = " --bootstrap 200 --json"
SCORES = {
    "score premium": ["--parallel in/parallel -t in/bpe.json -t in/other.json" + INTERVALS,
                      "--parallel in/parallel -t in/bpe.json --interval bca --bootstrap 100 --csv -o out/premium.csv"],
    "score byte-premium": ["--languages mya_mymr,deu --reference deu_latn --json"],
    "score compare": ["--parallel in/five -t in/bpe.json -t in/other.json" + INTERVALS],
    "score optimal-vocab": ["--parallel in/five --languages eng,deu -t in/bpe.json --smallest 300 --baseline 500" + INTERVALS,
                            "--parallel in/five --languages eng,deu --monolingual in/sizes" + INTERVALS],
    "score intrinsic": ["--corpus in/five -t in/bpe.json" + INTERVALS, "--corpus in/small.txt -t in/bpe.json --markdown"],
    "score integrity": ["--text in/five/eng.txt --lexicon in/words.txt --morphemes in/morphemes.tsv --language en "
                        "-t in/bpe.json" + INTERVALS],
    "score morphology": ["--gold in/gold.tsv -t in/bpe.json" + INTERVALS],
    "score capacity": ["--log-probs in/logs/eng.jsonl --config in/config.json" + INTERVALS,
                       "--model ngram:in/bpe.ngram --samples in/small.txt --config in/config.json --save-log out/log" + INTERVALS,
                       "--model python:in/rule.py -t in/bpe.json --samples in/short.txt --config in/config.json PYTHON --json"],
    "score vocabulary": ["-t in/bpe.json --json", "-t in/bpe.json --embeddings in/model/model.safetensors --csv"],
    "score robustness": ["--corpus in/five/eng.txt -t in/bpe.json" + INTERVALS],
    "score code": ["--corpus in/code -t in/bpe.json" + INTERVALS],
    "score predictors": ["--parallel in/five -t in/bpe.json --training in/five --json"],
    "score parity": ["--log-probs in/logs" + INTERVALS],
    "score bias": ["--models in/capacity.tsv --json"],
    "score list": ["--json", ""],
    "report": ["in/result.json -o out/page.html"],
}

SWEEPS = {
    "sweep plan": ["in/plan.toml", "--example"],
    "sweep run": ["in/plan.toml --store out/s.sqlite JOBS"],
    "sweep resume": ["--store out/s.sqlite JOBS"],
    "sweep status": ["--store out/s.sqlite"],
    "sweep export": ["--store out/s.sqlite --csv --no-timings", "--store out/s.sqlite --json --no-timings"],
    "sweep fit": ["--store out/s.sqlite --json --bootstrap 100"],
}

NGRAM = "--model ngram:in/bpe.ngram "
MODELS = {
    "bytes next": [NGRAM + "--prompt-file in/before.txt --json", NGRAM + "--prompt He --quantity all --beam 4 --json"],
    "bytes covers": [NGRAM + "--prompt-file in/before.txt --json", NGRAM + "--prompt 'the water' --quantity all"],
    "bytes score": [NGRAM + "in/small.txt --json"],
    "bytes sample": [NGRAM + "--prompt He --bytes 200 --seed 4"],
    "bytes fim": [NGRAM + "--prefix in/before.txt --suffix in/after.txt --bytes 20 --seed 2"],
    "bytes words": [NGRAM + "in/short.txt --json"],
    "bytes ensemble": [NGRAM + "--model ngram:in/other.ngram --prompt He --json",
                       NGRAM + "--model ngram:in/other.ngram in/short.txt --json"],
    "bytes logits": ["-t in/bpe.json --logits in/scores.npy --ids in/short.ids --json"],
    "bytes check": [NGRAM + "--prompt He --json"],
    "models ngram": ["in/text -t in/bpe.json --per-line --order 3 -o out/m.ngram"],
    "models record": [NGRAM + "--prompts in/prompts.txt -o out/tree.safetensors",
                      "--model python:in/rule.py -t in/bpe.json --prompts in/prompts.txt PYTHON -o out/tree.safetensors"],
    "models info": ["in/model --json", "ngram:in/bpe.ngram"],
    "models convert": ["in/model.gguf --type f16 -o out/folder"],
    "transplant run": ["in/model --to in/other.json --report --json -o out/folder",
                       "in/model --to in/other.json --method random --seed 5 -o out/folder",
                       "in/model.gguf --to in/other.json -o out/m.gguf"],
    "transplant list": ["--json"],
    "transplant evaluate": ["--base in/model --text in/short.txt --helper in/helper.py PYTHON --hide 0.2 --hide-more 30 "
                            "--method auto --method random --json"],
}

OTHERS = {
    "corpus list": ["--json"],
    "corpus sample": ["-o out/sample"],
    "corpus verify": ["in/parallel --json"],
    "models helper": [""],
}

RUNS = {**TRAIN, **TEXT, **TOKENIZERS, **SCORES, **SWEEPS, **MODELS, **OTHERS}

# A verb whose runs come after that of another verb, in the same folder.
AFTER = {"sweep resume": "sweep run", "sweep status": "sweep run", "sweep export": "sweep run", "sweep fit": "sweep run"}

LEFT_OUT = {
    "corpus prepare": "needs packages from the network; the same files from the same packages: CorpusTests",
    "serve": "answers until it is stopped and writes nothing; what it computes is count and view --explain",
}

# Training without -o of its own writes a tokenizer and the file beside it.
for verb in TRAIN:
    RUNS[verb] = [words if " -o " in words else words + " -o out/t.json" for words in RUNS[verb]]
