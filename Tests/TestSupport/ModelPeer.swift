/// Random models with the ids that the reference libraries give texts: what `Tests/Peers/models_peer.py` prints.
public enum ModelPeer {
  public struct Case: Sendable {
    public let text: [UInt8]
    /// Nil where the library refuses the text.
    public let ids: [TokenID]?
  }

  public struct Model: Sendable {
    public let kind: String
    public var options: [String: String] = [:]
    public var pieces: [[UInt8]] = []
    public var scores: [Double] = []
    public var kinds: [PieceKind] = []
    public var merges = MergeList()
    public var cases: [Case] = []

    public init(kind: String) { self.kind = kind }

    public var unknown: TokenID? { options["unknown"].flatMap { TokenID($0) } }
    public func flag(_ name: String) -> Bool { options[name] == "1" }

    /// The model as a definition.
    public func definition() throws -> ModelDefinition {
      let vocabulary = try Vocabulary(pieces)
      switch kind {
      case "unigram-sp", "unigram-hf":
        var unigram = UnigramDefinition(
          vocabulary: vocabulary, scores: scores, unknownID: unknown, byteFallback: flag("byte_fallback"))
        if kind == "unigram-sp" {
          unigram.flavor = .sentencePiece
          unigram.kinds = kinds
          unigram.release = options["release"] == "0.2.0" ? .v020 : .v023
        }
        return .unigram(unigram)
      case "bpe-sp":
        var bpe = BytePairDefinition(
          vocabulary: vocabulary, semantics: .scores, alphabet: .characters, unknownToken: "<unk>",
          byteFallback: flag("byte_fallback"))
        bpe.scores = scores.map { Float($0) }
        bpe.kinds = kinds
        bpe.release = options["release"] == "0.2.0" ? .v020 : .v023
        return .bytePair(bpe)
      case "bpe-hf":
        return .bytePair(
          BytePairDefinition(
            vocabulary: vocabulary, merges: merges, semantics: .mergeList, alphabet: .characters,
            wholePieceShortcut: flag("ignore"), unknownToken: unknown == nil ? nil : "<unk>",
            continuingSubwordPrefix: options["prefix"], endOfWordSuffix: options["suffix"],
            fuseUnknown: flag("fuse"), byteFallback: flag("byte_fallback")))
      case "wordpiece":
        return .wordPiece(
          WordPieceDefinition(
            vocabulary: vocabulary,
            continuingSubwordPrefix: String(
              decoding: ModelPeer.bytes(hex: Array(options["prefix"]!.utf8)[...]), as: UTF8.self),
            maxInputCharactersPerWord: Int(options["longest"]!)!))
      default:
        return .wordLevel(WordLevelDefinition(vocabulary: vocabulary))
      }
    }
  }

  /// Asks the reference libraries about `models` random models of a kind, with `cases` texts each.
  public static func models(_ kind: String, seed: Int, models: Int, cases: Int) throws -> [Model] {
    let output = try ReferenceLibrary.run("models_peer.py", kind, "\(seed)", "\(models)", "\(cases)")
    var result: [Model] = []
    for line in output.split(separator: UInt8(ascii: "\n")) {
      let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
      func text(_ index: Int) -> String { String(decoding: words[index], as: UTF8.self) }
      switch text(0) {
      case "model":
        var model = Model(kind: text(1))
        for word in words.dropFirst(2) {
          let parts = word.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
          model.options[String(decoding: parts[0], as: UTF8.self)] = String(decoding: parts[1], as: UTF8.self)
        }
        result.append(model)
      case "piece":
        result[result.count - 1].pieces.append(bytes(hex: words[1]))
        result[result.count - 1].scores.append(Double(text(2))!)
        result[result.count - 1].kinds.append(PieceKind(rawValue: UInt8(text(3))!)!)
      case "merge":
        result[result.count - 1].merges.append(
          left: TokenID(text(1))!, right: TokenID(text(2))!, result: TokenID(text(3))!)
      default:
        let ids =
          words[2] == [UInt8(ascii: "!")]
          ? nil
          : words[2].split(separator: UInt8(ascii: ",")).map { TokenID(String(decoding: $0, as: UTF8.self))! }
        result[result.count - 1].cases.append(Case(text: bytes(hex: words[1]), ids: ids))
      }
    }
    return result
  }

  public static func bytes(hex: ArraySlice<UInt8>) -> [UInt8] {
    if hex == [UInt8(ascii: "-")] { return [] }
    func digit(_ byte: UInt8) -> UInt8 { byte < 0x3A ? byte - 0x30 : byte - 0x57 }
    let start = hex.startIndex
    return (0..<hex.count / 2).map { digit(hex[start + 2 * $0]) << 4 | digit(hex[start + 2 * $0 + 1]) }
  }

  /// The ids of one piece of text, with lengths when asked for.
  public static func encode(
    _ text: [UInt8], _ encoder: any PieceEncoder, lengths: Bool = false
  ) throws -> (ids: [TokenID], lengths: [UInt32]) {
    let ids = TokenBuffer(capacity: 16)
    let buffer = lengths ? TokenBuffer(capacity: 16) : nil
    try text.withUnsafeBufferPointer { text in
      try [text.count].withUnsafeBufferPointer { ends in
        try encoder.encode(text, from: 0, ends: ends, into: ids, lengths: buffer)
      }
    }
    return (ids.ids, buffer?.ids ?? [])
  }
}

extension ModelDefinition {
  /// The engine of the model, as ``Tokenizer`` chooses it.
  public func makeModel() throws -> any TokenizerModel {
    switch self {
    case .bytePair(let definition): try BytePairModel(definition)
    case .unigram(let definition): try UnigramModel(definition)
    case .wordPiece(let definition): try WordPieceModel(definition)
    case .wordLevel(let definition): try WordLevelModel(definition)
    case .longestMatch(let definition): try LongestMatchModel(definition)
    }
  }
}
