/// What `tokenizer.ggml.pre` names: the pre-tokenizer of a byte-pair vocabulary.
///
/// Where llama.cpp rewrote a published pattern for its own regex engine, the published one stands here.
/// Source: ggerganov/llama.cpp, `src/llama-vocab.cpp`.
enum GGUFPattern {
  /// A name's pre-tokenizer, and whether whole pieces that are tokens stay whole.
  static func find(_ name: String) -> (component: PreTokenizerComponent, wholePieces: Bool)? {
    switch name {
    case "llama3", "llama-v3", "llama-bpe", "falcon3": (PreTokenizerPattern.llama3.component, true)
    case "dbrx", "smaug-bpe", "chatglm-bpe", "glm4": (PreTokenizerPattern.llama3.component, false)
    case "qwen2", "deepseek-r1-qwen", "stablelm2", "megrez": (PreTokenizerPattern.qwen2.component, false)
    case "qwen35": (PreTokenizerPattern.qwen35.component, false)
    case "gpt-2", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v1-en", "jina-v2-es", "jina-v2-de",
      "jina-v2-code", "roberta-bpe", "mpt", "olmo", "jais":
      (PreTokenizerPattern.gpt2.component, false)
    case "gpt-4o", "llama4": (PreTokenizerPattern.o200k.component, false)
    case "kimi-k2": (PreTokenizerPattern.kimi.component, false)
    case "tekken", "pixtral": (PreTokenizerPattern.tekken.component, true)
    case "deepseek-v3": (PreTokenizerPattern.deepSeekV3.component, false)
    case "starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b":
      (splits([#"\p{N}"#, gpt2]), false)
    // Not the pattern of the published tokenizers: digits go in threes from the right, and nothing else is cut.
    case "superbpe": (splits([#"\p{N}+"#, #"(?=(\d{3})+(?!\d))"#]), false)
    case "falcon": (splits([#"[\p{P}\$\+<=>\^~\|`]+"#, gpt2, "[0-9][0-9][0-9]"]), false)
    case "deepseek-coder":
      (splits(["[\r\n]", #"\s?\p{L}+"#, #"\s?\p{P}+"#, "[一-龥ࠀ-一가-퟿]+", #"\p{N}"#]), false)
    case "poro-chat", "bloom", "gpt3-finnish": (splits([bloom]), false)
    case "viking": (splits([bloom, #"\p{N}"#]), false)
    case "default": (splits([#"[\p{P}\$\+<=>\^~\|]+"#, gpt2, #"\p{N}+"#, "[0-9][0-9][0-9]"]), false)
    default: nil
    }
  }

  /// The name to write for a pre-tokenizer; nil for one that no name stands for.
  static func name(_ component: PreTokenizerComponent?, wholePieces: Bool) -> String? {
    let names = [
      "llama-bpe", "dbrx", "qwen2", "qwen35", "gpt-2", "gpt-4o", "kimi-k2", "tekken", "deepseek-v3",
      "starcoder",
      "superbpe", "falcon", "deepseek-coder", "bloom", "viking", "default",
    ]
    return names.first { name in
      guard let (known, whole) = find(name), let component else { return false }
      return whole == wholePieces && same(known, component)
    }
  }

  private static func same(_ a: PreTokenizerComponent, _ b: PreTokenizerComponent) -> Bool {
    func expressions(_ component: PreTokenizerComponent) -> [String]? {
      switch component {
      case .sequence(let list):
        var out: [String] = []
        for part in list {
          guard let part = expressions(part) else { return nil }
          out += part
        }
        return out
      case .split(.regex(let text), .isolated, false): return [text]
      case .byteLevel(false, _, let useRegex):
        return useRegex ? [PreTokenizerPattern.gpt2.expressions[0]] : []
      default: return nil
      }
    }
    guard let a = expressions(a), let b = expressions(b) else { return false }
    if a == b { return true }
    guard let one = PreTokenizerPattern(expressions: a), let other = PreTokenizerPattern(expressions: b)
    else {
      return false
    }
    return one.expressions == other.expressions
  }

  private static func splits(_ patterns: [String]) -> PreTokenizerComponent {
    .sequence(
      patterns.map { .split(pattern: .regex($0), behavior: .isolated, invert: false) }
        + [.byteLevel(addPrefixSpace: false, trimOffsets: true, useRegex: false)])
  }

  /// llama.cpp leaves out the last alternative: what no match covers is a piece all the same.
  private static let gpt2 = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"#
  private static let bloom = #" ?[^(\s|.,!?…。，、।۔،)]+"#
}
