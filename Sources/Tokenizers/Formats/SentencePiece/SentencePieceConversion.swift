/// Between SentencePiece's own way of saying a tokenizer and tokenizer.json's.
///
/// The pipelines are those of huggingface/transformers, `convert_slow_tokenizer.py` (`SpmConverter`,
/// `LlamaConverter`); other pipelines of tokenizer.json have no counterpart and are refused.
enum SentencePieceConversion {
  struct Model {
    var pieces: [SentencePieceModel.Piece]
    var settings: SentencePieceSettings
    var byteFallback: Bool
  }

  private static let space = "\u{2581}"
  private static let outerSpaces = #"\A +| +\z"#

  // MARK: To SentencePiece

  /// The pieces and settings of a definition; the reason when SentencePiece cannot hold it.
  static func pieces(_ definition: TokenizerDefinition) throws(ToklabError) -> Model {
    let vocabulary = definition.model.vocabulary
    if let hole = vocabulary.holes.first {
      throw ToklabError("no token with id \(hole); pieces are numbered")
    }
    if let settings = definition.sentencePiece {
      let (scores, kinds, byteFallback) = try ownPieces(definition.model, settings)
      let pieces = (0..<vocabulary.capacity).map {
        SentencePieceModel.Piece(bytes: vocabulary[TokenID($0)], score: scores[$0], kind: kinds[$0])
      }
      guard
        definition.addedTokens.allSatisfy({
          Int($0.id) < pieces.count && pieces[Int($0.id)].bytes == $0.content
        })
      else { throw ToklabError("added tokens that are no pieces") }
      return Model(pieces: pieces, settings: settings, byteFallback: byteFallback)
    }
    switch definition.model {
    case .unigram(let model): return try fromUnigram(definition, model)
    case .bytePair(let model): return try fromBytePair(definition, model)
    case .wordPiece, .wordLevel, .longestMatch:
      throw ToklabError("a model that is neither unigram nor byte-pair encoding over characters")
    }
  }

  private static func ownPieces(
    _ model: ModelDefinition, _ settings: SentencePieceSettings
  ) throws(ToklabError) -> (scores: [Float], kinds: [PieceKind], byteFallback: Bool) {
    func kinds(_ stated: [PieceKind], _ count: Int, _ unknown: TokenID?) -> [PieceKind] {
      if stated.count == count { return stated }
      var kinds = [PieceKind](repeating: .normal, count: count)
      if let unknown { kinds[Int(unknown)] = .unknown }
      return kinds
    }
    switch model {
    case .unigram(let model):
      return (
        model.scores.map { Float($0) },
        kinds(model.kinds, model.vocabulary.capacity, model.unknownID), model.byteFallback
      )
    case .bytePair(let model) where model.scores.count == model.vocabulary.capacity:
      let unknown = model.unknownToken.flatMap { model.vocabulary.id(of: $0) }
      return (model.scores, kinds(model.kinds, model.vocabulary.capacity, unknown), model.byteFallback)
    case .wordLevel(let model):
      let count = model.vocabulary.capacity
      let unknown = model.vocabulary.id(of: model.unknownToken)
      let scores =
        settings.wordScores.count == count ? settings.wordScores : [Float](repeating: 0, count: count)
      return (scores, kinds(settings.wordKinds, count, unknown), false)
    default: throw ToklabError("a model without scores")
    }
  }

  private static func fromUnigram(
    _ definition: TokenizerDefinition, _ model: UnigramDefinition
  ) throws(ToklabError) -> Model {
    guard let unknown = model.unknownID else {
      throw ToklabError("no unknown piece, which SentencePiece needs")
    }
    var normalization = try normalization(definition.normalizer)
    switch definition.preTokenizer {
    case .metaspace(space, let scheme, _): normalization.addDummyPrefix = scheme != .never
    case .sequence(let parts):
      guard parts.count == 2, parts[0] == .whitespaceSplit, case .metaspace(space, let scheme, _) = parts[1]
      else {
        throw ToklabError("a pre-tokenizer that is not Metaspace")
      }
      normalization.addDummyPrefix = scheme != .never
      normalization.removeExtraWhitespaces = true
    default: throw ToklabError("a pre-tokenizer that is not Metaspace")
    }
    return try assemble(
      definition, scores: model.scores.map { Float($0) }, unknown: unknown, byteFallback: model.byteFallback,
      settings: SentencePieceSettings(modelType: .unigram, normalization: normalization))
  }

  private static func normalization(
    _ component: NormalizerComponent?
  ) throws(ToklabError) -> SentencePieceSettings.Normalization {
    var normalization = SentencePieceSettings.Normalization(removeExtraWhitespaces: false)
    let steps: [NormalizerComponent]
    switch component {
    case nil: steps = []
    case .sequence(let list): steps = list
    case .some(let one): steps = [one]
    }
    for step in steps {
      switch step {
      case .precompiled(let map):
        normalization.charsmap = map
        normalization.name = "precompiled"
      case .strip, .replace(.regex(outerSpaces), ""): break
      case .replace(.regex(" {2,}"), _): normalization.removeExtraWhitespaces = true
      default: throw ToklabError("a normalizer that SentencePiece has no counterpart for")
      }
    }
    return normalization
  }

  private static func fromBytePair(
    _ definition: TokenizerDefinition, _ model: BytePairDefinition
  ) throws(ToklabError) -> Model {
    guard model.alphabet == .characters, model.semantics == .mergeList else {
      throw ToklabError("a model over bytes; SentencePiece's are over characters")
    }
    guard model.continuingSubwordPrefix == nil, model.endOfWordSuffix == nil, !model.wholePieceShortcut,
      (model.dropout ?? 0) == 0
    else { throw ToklabError("a prefix, a suffix, the whole-piece shortcut or dropout") }
    guard let unknown = model.unknownToken.flatMap({ model.vocabulary.id(of: $0) }) else {
      throw ToklabError("no unknown token, which SentencePiece needs")
    }
    guard definition.preTokenizer == nil else { throw ToklabError("a pre-tokenizer") }
    var normalization = SentencePieceSettings.Normalization(
      addDummyPrefix: false, removeExtraWhitespaces: false)
    switch definition.normalizer {
    case .replace(.literal(" "), space): break
    case .sequence([.prepend(space), .replace(pattern: .literal(" "), content: space)]):
      normalization.addDummyPrefix = true
    default: throw ToklabError("a normalizer other than Prepend \(space) and Replace \" \" by \(space)")
    }
    return try assemble(
      definition, scores: scores(model), unknown: unknown, byteFallback: model.byteFallback,
      settings: SentencePieceSettings(modelType: .bpe, normalization: normalization))
  }

  /// Scores that order merges as the list does: minus the rank among the results, characters after them.
  private static func scores(_ model: BytePairDefinition) throws(ToklabError) -> [Float] {
    var scores = [Float](repeating: 0, count: model.vocabulary.capacity)
    var rank: Float = 0
    var seen: Set<TokenID> = []
    var pairs: Set<UInt64> = []
    var last: TokenID?
    for index in model.merges.lastOccurrences() {
      let result = model.merges.result[index]
      pairs.insert(UInt64(model.merges.left[index]) << 32 | UInt64(model.merges.right[index]))
      if result == last { continue }
      guard seen.insert(result).inserted else {
        throw ToklabError("merges of token \(result) at several ranks; SentencePiece has one score a token")
      }
      scores[Int(result)] = -rank
      rank += 1
      last = result
    }
    for result in seen.sorted() {
      let bytes = model.vocabulary[result]
      for cut in 1..<max(bytes.count, 2) where cut < bytes.count {
        guard let left = model.vocabulary.id(of: Array(bytes[..<cut])),
          let right = model.vocabulary.id(of: Array(bytes[cut...]))
        else { continue }
        guard pairs.contains(UInt64(left) << 32 | UInt64(right)) else {
          throw ToklabError(
            "token \(result) \"\(ByteEscape.string(bytes.prefix(60)))\", which SentencePiece would merge from pairs that the list leaves out"
          )
        }
      }
    }
    for id in 0..<model.vocabulary.capacity where !seen.contains(TokenID(id)) {
      scores[id] = -rank
      rank += 1
    }
    return scores
  }

  private static func assemble(
    _ definition: TokenizerDefinition, scores: [Float], unknown: TokenID, byteFallback: Bool,
    settings: SentencePieceSettings
  ) throws(ToklabError) -> Model {
    let vocabulary = definition.model.vocabulary
    var pieces = (0..<vocabulary.capacity).map {
      SentencePieceModel.Piece(bytes: vocabulary[TokenID($0)], score: scores[$0])
    }
    for token in definition.addedTokens.sorted(by: { $0.id < $1.id }) {
      let kind = token.special ? PieceKind.control : .userDefined
      if Int(token.id) < pieces.count {
        pieces[Int(token.id)].kind = kind
      } else {
        guard Int(token.id) == pieces.count else {
          throw ToklabError("added token \(token.id) behind a hole; pieces are numbered")
        }
        pieces.append(.init(bytes: token.content, kind: kind))
      }
    }
    pieces[Int(unknown)].kind = .unknown
    for index in pieces.indices where pieces[index].kind != .normal { pieces[index].score = 0 }
    if byteFallback {
      var found = 0
      for index in pieces.indices where ByteFallbackToken.byte(pieces[index].bytes) != nil {
        pieces[index].kind = .byte
        pieces[index].score = 0
        found += 1
      }
      guard found == 256 else {
        throw ToklabError("byte fallback with \(found) byte tokens; SentencePiece needs 256")
      }
    }
    var settings = settings
    func id(_ names: [String]) -> TokenID? {
      for name in names {
        if let index = pieces.firstIndex(where: { $0.kind == .control && $0.bytes == Array(name.utf8) }) {
          return TokenID(index)
        }
      }
      return nil
    }
    settings.beginningID = id(["<s>", "<bos>"])
    settings.endID = id(["</s>", "<eos>"])
    settings.paddingID = id(["<pad>"])
    return Model(pieces: pieces, settings: settings, byteFallback: byteFallback)
  }

  // MARK: To tokenizer.json

  /// The same tokenizer as components of a tokenizer.json.
  /// - Throws: ``ToklabError`` with what has no counterpart there.
  static func huggingFace(
    _ definition: TokenizerDefinition, _ settings: SentencePieceSettings
  ) throws(ToklabError) -> TokenizerDefinition {
    guard !settings.treatsWhitespaceAsSuffix else { throw ToklabError("white space at the end of words") }
    guard settings.normalization.escapeWhitespaces else {
      throw ToklabError("white space that is not escaped")
    }
    var converted = definition
    converted.sentencePiece = nil
    let scheme: PrependScheme = settings.normalization.addDummyPrefix ? .always : .never
    converted.decoder = .metaspace(replacement: space, prependScheme: scheme, split: true)
    switch definition.model {
    case .unigram(var model):
      try addReserved(model.kinds, model.unknownID, &converted)
      model.flavor = .huggingFace
      model.kinds = []
      converted.model = .unigram(model)
      converted.normalizer = steps(settings.normalization, extra: [])
      converted.preTokenizer = .metaspace(replacement: space, prependScheme: scheme, split: true)
    case .bytePair(let pair) where settings.modelType == .bpe:
      let unknown = pair.unknownToken.flatMap { pair.vocabulary.id(of: $0) }
      try addReserved(pair.kinds, unknown, &converted)
      var model = pair
      model.merges = try merges(pair)
      model.semantics = .mergeList
      model.scores = []
      model.kinds = []
      converted.model = .bytePair(model)
      var extra: [NormalizerComponent] = []
      if settings.normalization.addDummyPrefix { extra.append(.prepend(space)) }
      extra.append(.replace(pattern: .literal(" "), content: space))
      converted.normalizer = steps(settings.normalization, extra: extra)
      var decoders: [DecoderComponent] = [
        .replace(pattern: .literal(space), content: " "), .byteFallback, .fuse,
      ]
      if settings.normalization.addDummyPrefix { decoders.append(.strip(content: " ", start: 1, stop: 0)) }
      converted.decoder = .sequence(decoders)
    default: throw ToklabError("a SentencePiece model of words or characters")
    }
    return converted
  }

  private static func steps(
    _ normalization: SentencePieceSettings.Normalization, extra: [NormalizerComponent]
  ) -> NormalizerComponent? {
    var steps: [NormalizerComponent] = []
    if !normalization.charsmap.isEmpty { steps.append(.precompiled(charsmap: normalization.charsmap)) }
    if normalization.removeExtraWhitespaces {
      // Strip would take every kind of white space; SentencePiece takes spaces.
      steps.append(.replace(pattern: .regex(outerSpaces), content: ""))
      steps.append(.replace(pattern: .regex(" {2,}"), content: " "))
    }
    steps += extra
    return steps.count > 1 ? .sequence(steps) : steps.first
  }

  /// Control, unknown and user-defined pieces become added tokens.
  private static func addReserved(
    _ kinds: [PieceKind], _ unknown: TokenID?, _ definition: inout TokenizerDefinition
  ) throws(ToklabError) {
    let vocabulary = definition.model.vocabulary
    var tokens: [AddedToken] = []
    for (id, kind) in kinds.enumerated() {
      switch kind {
      case .control, .unknown: tokens.append(AddedToken(id: TokenID(id), content: vocabulary[TokenID(id)]))
      case .userDefined:
        tokens.append(AddedToken(id: TokenID(id), content: vocabulary[TokenID(id)], special: false))
      case .unused: throw ToklabError("piece \(id), which is unused; tokenizer.json would use it")
      case .normal, .byte: break
      }
    }
    definition.addedTokens = tokens
  }

  /// Every pair that makes a piece, by score, as SentencePiece would merge.
  private static func merges(_ model: BytePairDefinition) throws(ToklabError) -> MergeList {
    let vocabulary = model.vocabulary
    func merges(_ id: TokenID) -> Bool {
      guard model.kinds.count == vocabulary.capacity else { return true }
      return model.kinds[Int(id)] == .normal
    }
    var pairs: [(score: Float, result: TokenID, left: TokenID, right: TokenID)] = []
    for id in 0..<TokenID(vocabulary.capacity) where merges(id) && vocabulary.length(of: id) > 1 {
      let bytes = vocabulary.bytes(of: id)
      guard bytes.count <= 4096 else { throw ToklabError("piece \(id) of \(bytes.count) bytes") }
      for cut in 1..<bytes.count where bytes[cut] & 0xC0 != 0x80 {
        guard let left = vocabulary.id(of: UnsafeBufferPointer(rebasing: bytes[..<cut])),
          let right = vocabulary.id(of: UnsafeBufferPointer(rebasing: bytes[cut...])), merges(left),
          merges(right)
        else { continue }
        pairs.append((model.scores[Int(id)], id, left, right))
      }
    }
    pairs.sort {
      if $0.score != $1.score { return $0.score > $1.score }
      return ($0.result, $0.left, $0.right) < ($1.result, $1.left, $1.right)
    }
    var list = MergeList()
    list.reserveCapacity(pairs.count)
    for pair in pairs { list.append(left: pair.left, right: pair.right, result: pair.result) }
    return list
  }
}
