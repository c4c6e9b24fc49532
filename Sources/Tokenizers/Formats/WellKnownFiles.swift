/// Files that carry no pattern and are known by their SHA-256: what their publishers' code adds to them.
struct WellKnownFile: Sendable {
  var name: String
  var pattern: PreTokenizerPattern
  var specials: [(String, TokenID)]

  init(_ name: String, _ pattern: PreTokenizerPattern, _ specials: [(String, TokenID)] = []) {
    self.name = name
    self.pattern = pattern
    self.specials = specials
  }

  var preTokenizer: PreTokenizerComponent { pattern.component }

  var addedTokens: [AddedToken] {
    specials.map { AddedToken(id: $0.1, content: Array($0.0.utf8)) }.sorted { $0.id < $1.id }
  }

  /// Rank files. Sources: openai/tiktoken `tiktoken_ext/openai_public.py`, meta-llama/llama3
  /// `llama/tokenizer.py`, QwenLM/Qwen `tokenization_qwen.py`, openai/whisper `whisper/tokenizer.py`.
  ///
  /// cl100k has its pattern from before tiktoken 0.8, which tokenizer.json can hold: the current one cuts
  /// white space at the end of a text at other places, but no token of the vocabulary spans such a place.
  static func ranks(_ sha256: String) -> WellKnownFile? {
    switch sha256 {
    case "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930":
      WellKnownFile("r50k_base", .gpt2, [("<|endoftext|>", 50256)])
    case "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069":
      WellKnownFile("p50k_base", .gpt2, [("<|endoftext|>", 50256)])
    case "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7":
      WellKnownFile(
        "cl100k_base", .cl100k,
        [
          ("<|endoftext|>", 100257), ("<|fim_prefix|>", 100258), ("<|fim_middle|>", 100259),
          ("<|fim_suffix|>", 100260), ("<|endofprompt|>", 100276),
        ])
    case "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d":
      WellKnownFile("o200k_base", .o200k, [("<|endoftext|>", 199999), ("<|endofprompt|>", 200018)])
    case "82e9d31979e92ab929cd544440f129d9ecd797b69e327f80f17e1c50d5551b55":
      WellKnownFile("llama3", .llama3, llama3Specials)
    case "b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186":
      WellKnownFile("qwen", .qwen2, qwenSpecials)
    case "b34b360dbb493e781e479794586d661700670d65564001f23024971d1f2fa126":
      // The tokens after this one depend on how many languages a Whisper model knows.
      WellKnownFile("whisper", .gpt2, [("<|endoftext|>", 50257)])
    default: nil
    }
  }

  /// `vocab.json` and `merges.txt`. Sources: openai/gpt-2, PythonNut/superbpe.
  static func vocabularyAndMerges(_ vocabulary: String, _ merges: String) -> WellKnownFile? {
    switch (vocabulary, merges) {
    case (
      "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
      "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5"
    ):
      // Its <|endoftext|> is an entry that no merge makes; the files do not say that it is special.
      WellKnownFile("gpt2", .gpt2)
    case (
      "9e1453bb94b2176bf19096858b531b7080c8b6ca7cfb4c5c95419de77ae73461",
      "21eac1bdee8270f9f86baeba38afddc2b15d936ad51fc57d616e317702e3513e"
    ):
      WellKnownFile("superbpe-baseline-bpe-200k", .o200kPlain)
    case (
      "865e3969581012582f4a50a26cf1eee7c435e1da88bce135f3b5a31eb543540b",
      "cede7a33d67ce8320f0a34badf05fac8ce4378b8e0a28ff85ce07d6f0cd02e1a"
    ):
      // Stage two: white space is not split.
      WellKnownFile("superbpe-t180k-200k", .superbpe)
    default: nil
    }
  }

  private static var llama3Specials: [(String, TokenID)] {
    var names = ["<|begin_of_text|>", "<|end_of_text|>"]
    names += (0...3).map { "<|reserved_special_token_\($0)|>" }
    names += ["<|start_header_id|>", "<|end_header_id|>", "<|reserved_special_token_4|>", "<|eot_id|>"]
    names += (5...250).map { "<|reserved_special_token_\($0)|>" }
    return names.enumerated().map { ($0.element, 128_000 + TokenID($0.offset)) }
  }

  private static var qwenSpecials: [(String, TokenID)] {
    let names =
      ["<|endoftext|>", "<|im_start|>", "<|im_end|>"] + (0...204).map { "<|extra_\($0)|>" }
    return names.enumerated().map { ($0.element, 151_643 + TokenID($0.offset)) }
  }
}
