import Adapt
import Metrics
import Tokenizers

/// Readers: hostile bytes give an error, or something that can be used.
enum ReaderTargets {
  static let all: [String: FuzzTarget] = [
    "tokenizer-json": { use { try HuggingFaceJSON.read($0) }($0) },
    "sentencepiece": { use { try SentencePieceModel.read($0) }($0) },
    "tekken": { use { try Tekken.read($0) }($0) },
    "tiktoken": { use { try TiktokenRanks.read($0, pattern: "gpt2").0 }($0) },
    "tiktoken-json": { use { try TiktokenJSON.read($0).0 }($0) },
    "gguf": { use { try GGUFTokenizer.read($0) }($0) },
    "bert-vocabulary": { use { try BertVocabulary.read($0).0 }($0) },
    "rwkv": { use { try RWKVVocabulary.read($0) }($0) },
    // The format is found from the content; gzip and zstd are undone.
    "any-file": { bytes in
      ScratchFile.with(bytes) { path in
        if let file = try? TokenizerFile.open(path, pattern: "gpt2") { run(file.definition) }
      }
    },
    "gguf-model": { bytes in
      ScratchFile.with(bytes) { path in
        guard let file = try? GGUFModelFile(path) else { return }
        _ = try? file.tokenizer()
      }
    },
    "safetensors": { bytes in
      ScratchFile.with(bytes) { path in
        guard let file = try? SafetensorsFile(path) else { return }
        for tensor in file.tensors.prefix(8) {
          let count = tensor.shape.reduce(1, *)
          _ = file.doubles(of: tensor, 0..<min(count, 64))
          if count < 4096 { _ = try? file.integers(of: tensor) }
        }
      }
    },
    "npy": { bytes in
      ScratchFile.with(bytes) { path in
        guard let file = try? NumpyFile(path) else { return }
        let count = file.shape.reduce(1, *)
        _ = try? file.doubles(0..<min(count, 64))
        if count < 4096 { _ = try? file.integers() }
      }
    },
    "ngram": { bytes in
      ScratchFile.with(bytes) { path in
        guard let model = try? NGramModel(path: path) else { return }
        _ = try? model.logProbabilities(after: [[], [0], [1, 2, 3]])
      }
    },
    "recorded": { bytes in
      ScratchFile.with(bytes) { path in
        guard let model = try? RecordedModel(path: path) else { return }
        _ = try? model.logProbabilities(after: [[], [0]])
      }
    },
    // What a reader understands, its writer spells so that it is the same counts again.
    "shard": { bytes in
      guard let shard = try? PreTokenShard(parsing: bytes, file: "f") else { return }
      guard let again = try? PreTokenShard(parsing: shard.write(), file: "g"), again == shard else {
        preconditionFailure("a shard that is not what was written")
      }
    },
    "charsmap": { bytes in
      var definition = EngineTargets.letters
      definition.normalizer = .precompiled(charsmap: bytes)
      run(definition)
    },
    // The rules, a zero byte, the words.
    "hunspell": { bytes in
      let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
      guard let rules = try? TextLines(Array(parts[0])), let affixes = try? HunspellAffixes(rules) else {
        return
      }
      if parts.count > 1, parts[1].count < 512, let words = try? TextLines(Array(parts[1])) {
        _ = try? affixes.expand(dictionary: words)
      }
    },
    "gold-segmentations": { bytes in
      guard let text = try? TextLines(bytes) else { return }
      _ = try? GoldSegmentations(text)
      _ = try? MorphScoreTable(text)
      _ = try? LikelihoodLog(text)
    },
    "chat": { bytes in _ = try? ChatConversation(json: bytes) },
    // A pattern, a zero byte, a text it cuts.
    "pattern": { bytes in
      let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
      var definition = EngineTargets.letters
      definition.preTokenizer = .split(
        pattern: .regex(String(decoding: parts[0].prefix(60), as: UTF8.self)), behavior: .isolated,
        invert: false)
      guard let tokenizer = try? Tokenizer(definition) else { return }
      _ = try? tokenizer.encode(Array(parts.count > 1 ? parts[1].prefix(60) : []))
    },
  ]

  static let text = Array("hello ab a <s> [CLS] é ▁ ab abc  café 12".utf8)

  private static func use(
    _ read: @escaping ([UInt8]) throws -> TokenizerDefinition
  ) -> ([UInt8]) -> Void {
    { bytes in if let definition = try? read(bytes) { run(definition) } }
  }

  /// Compiles, encodes, decodes, and offers the definition to every export.
  static func run(_ definition: TokenizerDefinition) {
    for format in ExportFormats.all { _ = format.limits(definition) }
    guard let tokenizer = try? Tokenizer(definition) else { return }
    let options = EncodeOptions(addSpecialTokens: true, specialTokens: .all)
    guard let encoding = try? tokenizer.encode(text, options: options) else { return }
    _ = try? tokenizer.decode(encoding.ids)
  }
}
