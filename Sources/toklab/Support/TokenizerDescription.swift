import Tokenizers

/// The model and the pipeline of a tokenizer in words.
struct TokenizerDescription {
  private let opened: OpenTokenizer
  private var definition: TokenizerDefinition { opened.tokenizer.definition }

  init(_ opened: OpenTokenizer) { self.opened = opened }

  private var model: (name: String, details: [(String, JSON)]) {
    switch definition.model {
    case .bytePair(let bytePair):
      let semantics =
        switch bytePair.semantics {
        case .mergeList: "merge list"
        case .rankByBytes: "rank by bytes"
        default: "score"
        }
      return (
        "BPE",
        [
          ("alphabet", .string(bytePair.alphabet == .bytes ? "bytes" : "characters")),
          ("semantics", .string(semantics)), ("merges", .int(bytePair.merges.count)),
          ("whole_piece_shortcut", .bool(bytePair.wholePieceShortcut)),
          ("byte_fallback", .bool(bytePair.byteFallback)), ("dropout", .number(bytePair.dropout)),
          ("unknown_token", .string(bytePair.unknownToken)),
        ]
      )
    case .unigram: return ("Unigram", [])
    case .wordPiece: return ("WordPiece", [])
    case .wordLevel: return ("WordLevel", [])
    case .longestMatch: return ("LongestMatch", [])
    }
  }

  private var specials: [AddedToken] { definition.addedTokens.filter(\.special) }

  var json: [(String, JSON)] {
    let (name, details) = model
    let vocabulary = opened.tokenizer.vocabulary
    return [
      ("tokenizer", .string(opened.label)), ("format", .string(opened.file.format)),
      ("sha256", .string(opened.sha256)), ("notes", .strings(opened.file.notes)),
      ("model", .object([("type", .string(name))] + details)),
      ("vocabulary_size", .int(vocabulary.count)), ("capacity", .int(opened.tokenizer.capacity)),
      ("holes", .int(vocabulary.holes.count)), ("byte_complete", .bool(opened.tokenizer.isByteComplete)),
      ("normalizer", .string(definition.normalizer.map(PipelineText.normalizer))),
      ("pre_tokenizer", .string(definition.preTokenizer.map(PipelineText.preTokenizer))),
      ("post_processor", .string(definition.postProcessor.map(PipelineText.postProcessor))),
      ("decoder", .string(definition.decoder.map(PipelineText.decoder))),
      (
        "added_tokens",
        .array(
          definition.addedTokens.map { token in
            .object([
              ("id", .int(Int(token.id))), ("content", .string(ByteEscape.utf8(token.content).text)),
              ("special", .bool(token.special)), ("normalized", .bool(token.normalized)),
              ("single_word", .bool(token.singleWord)), ("left_strip", .bool(token.leftStrip)),
              ("right_strip", .bool(token.rightStrip)),
            ])
          })
      ),
    ]
  }

  var pairs: [(String, String)] {
    let (name, details) = model
    let vocabulary = opened.tokenizer.vocabulary
    var pairs = [
      ("tokenizer", opened.label), ("file", opened.operand.path), ("format", opened.file.format),
      ("sha256", opened.sha256),
    ]
    for note in opened.file.notes { pairs.append(("note", note)) }
    var text = name
    for (key, value) in details {
      switch value {
      case .null, .bool(false): continue
      case .bool(true): text += ", " + Self.words(key)
      case .string(let value): text += key == "alphabet" ? " over \(value)" : ", \(Self.words(key)) \(value)"
      case .int(0): continue
      case .int(let value): text += ", \(Numbers.grouped(value)) \(Self.words(key))"
      case .number(let value): text += ", \(Self.words(key)) \(Numbers.shortest(value))"
      default: continue
      }
    }
    pairs.append(("model", text))
    var size = "\(Numbers.grouped(vocabulary.count)) tokens"
    if vocabulary.holes.count > 0 {
      size += ", \(Numbers.grouped(vocabulary.holes.count)) ids without a token"
    }
    if opened.tokenizer.capacity > vocabulary.capacity {
      size += "; \(Numbers.grouped(opened.tokenizer.capacity)) with added tokens"
    }
    pairs.append(("vocabulary", size))
    pairs.append(("normalizer", definition.normalizer.map(PipelineText.normalizer) ?? "none"))
    pairs.append(("pre-tokenizer", definition.preTokenizer.map(PipelineText.preTokenizer) ?? "none"))
    pairs.append(("post-processor", definition.postProcessor.map(PipelineText.postProcessor) ?? "none"))
    pairs.append(("decoder", definition.decoder.map(PipelineText.decoder) ?? "none"))
    let shown = specials.prefix(12).map { "\(ByteEscape.string($0.content)) (\($0.id))" }
    pairs.append(
      (
        "special tokens",
        specials.isEmpty
          ? "none"
          : shown.joined(separator: ", ") + (specials.count > 12 ? ", … (\(specials.count))" : "")
      ))
    let others = definition.addedTokens.count - specials.count
    if others > 0 { pairs.append(("other added tokens", Numbers.grouped(others))) }
    pairs.append(("any bytes round-trip", opened.tokenizer.isByteComplete ? "yes" : "no"))
    return pairs
  }

  private static func words(_ key: String) -> String { key.split(separator: "_").joined(separator: " ") }
}

/// Pipeline components as one line of text, in the names of `tokenizer.json`.
enum PipelineText {
  static func normalizer(_ component: NormalizerComponent) -> String {
    switch component {
    case .sequence(let parts): parts.map(normalizer).joined(separator: " → ")
    case .nfc: "NFC"
    case .nfd: "NFD"
    case .nfkc: "NFKC"
    case .nfkd: "NFKD"
    case .lowercase: "Lowercase"
    case .stripAccents: "StripAccents"
    case .nmt: "Nmt"
    case .byteLevel: "ByteLevel"
    case .bert: "BertNormalizer"
    case .strip: "Strip"
    case .precompiled(let map): "Precompiled (\(Numbers.bytes(map.count)))"
    case .prepend(let text): "Prepend \(quoted(text))"
    case .replace(let pattern, let content): "Replace \(self.pattern(pattern)) by \(quoted(content))"
    }
  }

  static func preTokenizer(_ component: PreTokenizerComponent) -> String {
    switch component {
    case .sequence(let parts): return parts.map(preTokenizer).joined(separator: " → ")
    case .byteLevel(let adds, _, let usesRegex):
      var options: [String] = []
      if adds { options.append("prefix space") }
      if usesRegex { options.append("gpt2 pattern") }
      return "ByteLevel" + (options.isEmpty ? "" : " (\(options.joined(separator: ", ")))")
    case .metaspace(let replacement, let scheme, let split):
      return "Metaspace \(quoted(replacement)), prepend \(scheme.rawValue)" + (split ? "" : ", no split")
    case .split(let pattern, let behavior, let invert):
      let known: String?
      if case .regex(let text) = pattern {
        known = PreTokenizerPattern(expressions: [text])?.rawValue
      } else {
        known = nil
      }
      let name = known.map { "\($0) pattern" } ?? self.pattern(pattern)
      return "Split \(name)" + (behavior == .isolated ? "" : ", \(behavior.rawValue)")
        + (invert ? ", inverted" : "")
    case .digits(let individual): return individual ? "Digits, one by one" : "Digits"
    case .punctuation(let behavior): return "Punctuation, \(behavior.rawValue)"
    case .charDelimiterSplit(let delimiter): return "CharDelimiterSplit \(quoted(delimiter))"
    case .fixedLength(let length): return "FixedLength \(length)"
    case .whitespace: return "Whitespace"
    case .whitespaceSplit: return "WhitespaceSplit"
    case .bert: return "BertPreTokenizer"
    case .unicodeScripts: return "UnicodeScripts"
    }
  }

  static func postProcessor(_ component: PostProcessorComponent) -> String {
    switch component {
    case .sequence(let parts): return parts.map(postProcessor).joined(separator: " → ")
    case .bert(let sep, let cls): return "\(cls.token) text \(sep.token)"
    case .roberta(let sep, let cls, _, _): return "\(cls.token) text \(sep.token)"
    case .byteLevel: return "ByteLevel"
    case .template(let single, _, _):
      return single.map { piece in
        switch piece {
        case .sequence: "text"
        case .special(let token, _): token
        }
      }.joined(separator: " ")
    }
  }

  static func decoder(_ component: DecoderComponent) -> String {
    switch component {
    case .sequence(let parts): parts.map(decoder).joined(separator: " → ")
    case .bpe: "BPEDecoder"
    case .byteLevel: "ByteLevel"
    case .wordPiece: "WordPiece"
    case .metaspace: "Metaspace"
    case .ctc: "CTC"
    case .byteFallback: "ByteFallback"
    case .fuse: "Fuse"
    case .replace(let pattern, let content): "Replace \(self.pattern(pattern)) by \(quoted(content))"
    case .strip: "Strip"
    }
  }

  private static func pattern(_ pattern: TextPattern) -> String {
    switch pattern {
    case .literal(let text): quoted(text)
    case .regex(let text): "/\(TokenText.visible(Array(text.utf8), newline: "⏎"))/"
    }
  }

  private static func quoted(_ text: String) -> String { "\"\(ByteEscape.string(text.utf8))\"" }
}
