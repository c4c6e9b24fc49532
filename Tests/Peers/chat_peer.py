"""Counts conversations by transformers' apply_chat_template, for `toklab count --chat`.

    chat_peer.py OUTDIR VOCABULARIES [SEED]

Writes conversations to OUTDIR/FAMILY/NUMBER.jsonl, one a file, and prints a line for each family and way of
counting:

    FAMILY <TAB> TOKENIZER <TAB> 1 when --chat-template is needed <TAB> 1 with a generation prompt <TAB> counts

The templates are the published ones of the models' tokenizer_config.json, cut down to messages of text. For
mistral-common, openai/harmony and OpenAI's cookbook, which are programs, the few lines below say their rule.
"""
import json
import os
import random
import sys

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

CHATML = ("{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>'"
          " + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")


def qwen(system):
    return ("{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\n"
            + system + "<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] +"
            " '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")


QWEN3 = """{%- if messages[0].role == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- endif %}
{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set content = message.content %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set reasoning_content = '' %}
        {%- if loop.index0 > ns.last_query_index %}
            {%- if loop.last or (not loop.last and reasoning_content) %}
                {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
            {%- else %}
                {{- '<|im_start|>' + message.role + '\\n' + content }}
            {%- endif %}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}"""

LLAMA2 = (
    "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = "
    "messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}"
    "{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate') }}{% endif %}{% if loop.index0 == 0 and system_message != false %}"
    "{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}"
    "{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}"
    "{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}"
    "{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}")

LLAMA3 = (
    "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + "
    "message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}"
    "{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}")

LLAMA31 = """{{- bos_token }}
{%- if not date_string is defined %}{%- set date_string = "26 Jul 2024" %}{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{{- "Cutting Knowledge Date: December 2023\\n" }}
{{- "Today Date: " + date_string + "\\n\\n" }}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}"""

GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}"
    "{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + "
    "'<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}")

GEMMA3 = (
    "{{ bos_token }}{%- if messages[0]['role'] == 'system' -%}{%- set first_user_prefix = messages[0]['content'] + '\n\n'"
    " -%}{%- set loop_messages = messages[1:] -%}{%- else -%}{%- set first_user_prefix = \"\" -%}"
    "{%- set loop_messages = messages -%}{%- endif -%}{%- for message in loop_messages -%}"
    "{%- if (message['role'] == 'assistant') -%}{%- set role = \"model\" -%}{%- else -%}{%- set role = message['role'] -%}"
    "{%- endif -%}{{ '<start_of_turn>' + role + '\n' + (first_user_prefix if loop.first else \"\") }}"
    "{{ message['content'] | trim }}{{ '<end_of_turn>\n' }}{%- endfor -%}{%- if add_generation_prompt -%}"
    "{{ '<start_of_turn>model\n' }}{%- endif -%}")

PHI3 = (
    "{% for message in messages %}{% if message['role'] == 'system' %}{{'<|system|>\n' + message['content'] + '<|end|>\n'}}"
    "{% elif message['role'] == 'user' %}{{'<|user|>\n' + message['content'] + '<|end|>\n'}}"
    "{% elif message['role'] == 'assistant' %}{{'<|assistant|>\n' + message['content'] + '<|end|>\n'}}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}")

PHI4 = (
    "{% for message in messages %}{% if (message['role'] == 'system') %}{{'<|im_start|>system<|im_sep|>' + "
    "message['content'] + '<|im_end|>'}}{% elif (message['role'] == 'user') %}{{'<|im_start|>user<|im_sep|>' + "
    "message['content'] + '<|im_end|>'}}{% elif (message['role'] == 'assistant') %}{{'<|im_start|>assistant<|im_sep|>' + "
    "message['content'] + '<|im_end|>'}}{% endif %}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|im_start|>assistant<|im_sep|>' }}{% endif %}")

DEEPSEEK = (
    "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}"
    "{% set ns = namespace(system_prompt='', is_first_sp=true) %}{%- for message in messages %}"
    "{%- if message['role'] == 'system' %}{%- if ns.is_first_sp %}{% set ns.system_prompt = ns.system_prompt + "
    "message['content'] %}{% set ns.is_first_sp = false %}{%- else %}{% set ns.system_prompt = ns.system_prompt + "
    "'\\n\\n' + message['content'] %}{%- endif %}{%- endif %}{%- endfor %}{{ bos_token }}{{ ns.system_prompt }}"
    "{%- for message in messages %}{%- if message['role'] == 'user' %}{{'<｜User｜>' + message['content']}}{%- endif %}"
    "{%- if message['role'] == 'assistant' %}{{'<｜Assistant｜>' + message['content'] + '<｜end▁of▁sentence｜>'}}"
    "{%- endif %}{%- endfor -%}{% if add_generation_prompt %}{{'<｜Assistant｜>'}}{% endif %}")

WORDS = ["Hello", "world", "naïve", "Привет", "你好，世界", "สวัสดี", "x = 1;", "\n", "\n\n", "  ", "\t", " ", "👍🏽", "1234567",
         "[INST]", "<<SYS>>", "don't", "a", ".", "\u00a0", "\u2003end", "Ünïcödé", "<b>", "\u001c", "{{ x }}", "it's\n"]


def conversation(rng, system, specials):
    def text():
        words = WORDS + specials if rng.random() < 0.2 else WORDS
        return "".join(rng.choice(words) + rng.choice(["", " ", " "]) for _ in range(rng.randint(1, 12)))

    messages = [{"role": "system", "content": text()}] if system and rng.random() < 0.5 else []
    for turn in range(rng.randint(1, 6)):
        messages.append({"role": "user" if turn % 2 == 0 else "assistant", "content": text()})
    return messages


def byte_level(specials, folder, name):
    """A small byte-level tokenizer with these special tokens."""
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(WORDS * 3 + ["user assistant system model final developer"] * 4, trainers.BpeTrainer(
        vocab_size=400, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    t.add_special_tokens(specials)
    path = f"{folder}/{name}.json"
    t.save(path)
    return path


def llama_style(specials, folder, name):
    """Characters and byte fallback, Prepend and Replace: the pipeline of Llama 2."""
    t = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t.train_from_iterator(WORDS * 3, trainers.BpeTrainer(
        vocab_size=500, show_progress=False,
        special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]))
    t.add_special_tokens(specials)
    document = json.loads(t.to_str())
    document["added_tokens"] = [a for a in document["added_tokens"] if not a["content"].startswith("<0x")]
    path = f"{folder}/{name}.json"
    json.dump(document, open(path, "w", encoding="utf-8"), ensure_ascii=False)
    return path


def template_counter(path, template, bos=None, eos=None):
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=path, bos_token=bos, eos_token=eos)
    tokenizer.chat_template = template

    def count(messages, prompt):
        ids = tokenizer.apply_chat_template(messages, add_generation_prompt=prompt, tokenize=True, return_dict=False)
        return len(ids)

    return count


def plain(path):
    tokenizer = Tokenizer.from_file(path)
    tokenizer.encode_special_tokens = True
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)


def mistral_counter(path, version):
    length = plain(path)

    def count(messages, prompt):
        system = messages[0]["content"] if messages[0]["role"] == "system" else None
        turns = messages[1:] if system is not None else messages
        users = [i for i, m in enumerate(turns) if m["role"] == "user"]
        total = 1
        if system is not None and version == 7:
            total += length(system) + 2
        for i, message in enumerate(turns):
            content = message["content"]
            if message["role"] == "user":
                if system is not None and i == (users[0] if version == 1 else users[-1]) and version != 7:
                    content = system + "\n\n" + content
                total += length(f"[INST] {content} [/INST]") if version == 1 else length(content) + 2
            else:
                total += length(content if version == 1 else content.rstrip(" ")) + 1
        return total

    return count


def harmony_counter(path):
    length = plain(path)

    def count(messages, prompt):
        total = 0
        for message in messages:
            total += length(message["role"]) + length(message["content"]) + 3
            if message["role"] == "assistant":
                total += length("final") + 1
        return total + (length("assistant") + 1 if prompt else 0)

    return count


def openai_counter(path):
    import tiktoken
    import tiktoken_ext.openai_public as public
    from tiktoken.load import load_tiktoken_bpe

    ranks = load_tiktoken_bpe(path)
    public.load_tiktoken_bpe = lambda *_, **__: ranks
    encoding = tiktoken.Encoding(**public.cl100k_base())

    def count(messages, prompt):
        total = 0
        for message in messages:
            total += 3 + ("name" in message)
            total += sum(len(encoding.encode(text, disallowed_special=())) for text in message.values())
        return total + (3 if prompt else 0)

    return count


def cases(out, vocabularies):
    """(family, tokenizer, whether it must be named, counter, whether it has a system message, special tokens)"""
    im = ["<|im_start|>", "<|im_end|>"]
    path = byte_level(["<|endoftext|>"] + im, out, "im")
    yield "chatml", path, False, template_counter(path, CHATML), True, im
    yield "qwen2", path, True, template_counter(path, qwen("You are a helpful assistant.")), True, im
    path = byte_level(["<|endoftext|>"] + im + ["<|object_ref_start|>"], out, "im25")
    yield "qwen2.5", path, False, template_counter(
        path, qwen("You are Qwen, created by Alibaba Cloud. You are a helpful assistant.")), True, im
    thinking = [AddedToken("<think>", special=False), AddedToken("</think>", special=False)]
    path = byte_level(["<|endoftext|>"] + im, out, "im3")
    t = Tokenizer.from_file(path)
    t.add_tokens(thinking)
    t.save(path)
    yield "qwen3", path, False, template_counter(path, QWEN3), True, im
    path = byte_level(im + ["<|im_sep|>"], out, "phi4")
    yield "phi4", path, False, template_counter(path, PHI4), True, ["<|im_sep|>"]
    yield "chatml", f"{vocabularies}/huggingface/qwen.json", False, template_counter(
        f"{vocabularies}/huggingface/qwen.json", CHATML), True, im
    path = llama_style([], out, "llama2")
    yield "llama2", path, True, template_counter(path, LLAMA2, "<s>", "</s>"), True, ["<s>", "</s>"]
    yield "mistral-v1", path, True, mistral_counter(path, 1), True, ["</s>"]
    path = llama_style(["[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"], out, "mistral")
    yield "mistral-v3", path, False, mistral_counter(path, 3), True, ["[/INST]"]
    yield "mistral-v7", path, True, mistral_counter(path, 7), True, ["[/INST]"]
    header = ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
    path = f"{vocabularies}/llama3/tokenizer.json"
    yield "llama3", path, False, template_counter(path, LLAMA3, "<|begin_of_text|>"), True, header
    path = byte_level(["<|begin_of_text|>"] + header + ["<|eom_id|>"], out, "llama31")
    yield "llama3.1", path, False, template_counter(path, LLAMA31, "<|begin_of_text|>"), True, header
    turn = ["<start_of_turn>", "<end_of_turn>"]
    path = byte_level(["<bos>"] + turn, out, "gemma")
    yield "gemma", path, False, template_counter(path, GEMMA, "<bos>"), False, turn
    path = byte_level(["<bos>"] + turn + ["<start_of_image>"], out, "gemma3")
    yield "gemma3", path, False, template_counter(path, GEMMA3, "<bos>"), True, turn
    names = ["<|endoftext|>", "<|assistant|>", "<|system|>", "<|end|>", "<|user|>"]
    path = llama_style([AddedToken(name, rstrip=True, special=True) for name in names], out, "phi3")
    yield "phi3", path, False, template_counter(path, PHI3, "<s>", "<|endoftext|>"), True, ["<|end|>"]
    path = byte_level(["<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>"], out, "deepseek")
    yield "deepseek-v3", path, False, template_counter(path, DEEPSEEK, "<｜begin▁of▁sentence｜>"), True, ["<｜User｜>"]
    path = byte_level(["<|start|>", "<|message|>", "<|channel|>", "<|end|>"], out, "harmony")
    yield "harmony", path, False, harmony_counter(path), True, ["<|end|>"]
    path = f"{vocabularies}/cl100k_base.tiktoken"
    yield "openai", path, False, openai_counter(path), True, ["<|endoftext|>"]


def main():
    out, vocabularies = sys.argv[1:3]
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    for number, (family, path, named, count, system, specials) in enumerate(cases(out, vocabularies)):
        folder = f"{out}/{number:02}-{family}"
        os.makedirs(folder)
        conversations = [conversation(rng, system, specials) for _ in range(30)]
        for i, messages in enumerate(conversations):
            if family == "openai" and i % 3 == 0:
                messages[0]["name"] = "example"
            wrapped = messages if i % 4 == 0 else {"messages": messages, "id": i}
            with open(f"{folder}/{i:03}.jsonl", "w", encoding="utf-8") as file:
                file.write(json.dumps(wrapped, ensure_ascii=i % 2 == 0) + "\n" * (i % 3))
        for prompt in (False, True):
            counts = ",".join(str(count(messages, prompt)) for messages in conversations)
            print(family, path, int(named), int(prompt), counts, folder, sep="\t")


if __name__ == "__main__":
    main()
