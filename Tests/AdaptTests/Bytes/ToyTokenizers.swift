import Adapt
import TestSupport
import Tokenizers

/// Small tokenizers of every family, with the encoder by definition beside what the library knows of them.
struct ToyTokenizer {
  enum Family: String, CaseIterable, Sendable {
    case bytePair, ranks, longestMatch, unigram
    /// Byte pairs without pre-tokenizer whose tokens cross spaces.
    case superword
  }

  var vocabulary: Vocabulary
  var letters: [UInt8]
  var encode: @Sendable ([UInt8]) -> [TokenID]?
  /// For byte pairs.
  var tokenizer: Tokenizer?

  /// - Parameter pattern: the pre-tokenizer's name; only byte pairs have one.
  /// - Parameter shortcut: whole pieces that are tokens become them, also some that no merges make.
  init(
    _ family: Family, seed: UInt64, letters: [UInt8], merges: Int, pattern: String = "none",
    shortcut: Bool = false
  ) throws {
    var random = RandomText(seed: seed)
    self.letters = letters
    switch family {
    case .bytePair, .ranks, .superword:
      let letters = family == .superword ? Array("ab ".utf8) : letters
      self.letters = letters
      var definition = Self.merges(&random, letters, merges)
      if family == .ranks { definition.semantics = .rankByBytes }
      if shortcut {
        var tokens = (0..<TokenID(definition.vocabulary.capacity)).map { definition.vocabulary[$0] }
        for _ in 0..<12 {
          let token = random.string(of: letters, count: 2 + random.random.below(3))
          if !tokens.contains(token) { tokens.append(token) }
        }
        definition.vocabulary = try Vocabulary(tokens)
        definition.wholePieceShortcut = true
      }
      let tokenizer = try Tokenizer(
        TokenizerDefinition(
          preTokenizer: try PreTokenizers.named(pattern).component, model: .bytePair(definition)))
      vocabulary = definition.vocabulary
      self.tokenizer = tokenizer
      let options = EncodeOptions(algorithm: .reference)
      encode = { (bytes: [UInt8]) -> [TokenID]? in
        do throws(ToklabError) { return try tokenizer.encode(bytes, options: options).ids } catch {
          return nil
        }
      }
    case .longestMatch, .unigram:
      var tokens = letters.map { [$0] }
      while tokens.count < letters.count + merges {
        let token = random.string(of: letters, count: 2 + random.random.below(3))
        if !tokens.contains(token) { tokens.append(token) }
      }
      vocabulary = try Vocabulary(tokens)
      let scores = tokens.map { _ in -1 - 4 * random.random.unitInterval() }
      let fixed = tokens
      if family == .unigram {
        encode = { Self.bestPath($0, fixed, scores) }
      } else {
        encode = { Self.longestMatches($0, fixed) }
      }
    }
  }

  /// All bytes and random joins of the letters.
  private static func merges(_ random: inout RandomText, _ letters: [UInt8], _ count: Int)
    -> BytePairDefinition
  {
    var tokens: [[UInt8]] = (0...255).map { [UInt8($0)] }
    var list = MergeList()
    var active = letters.map { TokenID($0) }
    var attempts = 0
    while list.count < count, attempts < 1000 {
      attempts += 1
      let left = active[random.random.below(active.count)]
      let right = active[random.random.below(active.count)]
      let joined = tokens[Int(left)] + tokens[Int(right)]
      guard joined.count <= 6, !tokens.contains(joined) else { continue }
      list.append(left: left, right: right, result: TokenID(tokens.count))
      active.append(TokenID(tokens.count))
      tokens.append(joined)
    }
    return BytePairDefinition(vocabulary: try! Vocabulary(tokens), merges: list, semantics: .mergeList)
  }

  private static func longestMatches(_ text: [UInt8], _ tokens: [[UInt8]]) -> [TokenID]? {
    var ids: [TokenID] = []
    var rest = text[...]
    while !rest.isEmpty {
      let fitting = tokens.indices.filter { rest.starts(with: tokens[$0]) }
      guard let best = fitting.max(by: { tokens[$0].count < tokens[$1].count }) else { return nil }
      ids.append(TokenID(best))
      rest = rest.dropFirst(tokens[best].count)
    }
    return ids
  }

  /// Viterbi; among equal paths the one whose last token is longest.
  private static func bestPath(_ text: [UInt8], _ tokens: [[UInt8]], _ scores: [Double]) -> [TokenID]? {
    var best: [(score: Double, token: Int)] = [(0, -1)]
    for end in 1..<max(1, text.count + 1) {
      var found = (score: -Double.infinity, token: -1)
      for (token, bytes) in tokens.enumerated() where bytes.count <= end {
        guard text[end - bytes.count..<end].elementsEqual(bytes) else { continue }
        let score = best[end - bytes.count].score + scores[token]
        if score > found.score { found = (score, token) }
      }
      best.append(found)
    }
    var ids: [TokenID] = []
    var end = text.count
    while end > 0 {
      guard best[end].token >= 0 else { return nil }
      ids.append(TokenID(best[end].token))
      end -= tokens[best[end].token].count
    }
    return ids.reversed()
  }

  /// A byte model over this tokenizer; ids after the vocabulary's are the end and one special token.
  func model(_ quantity: ByteQuantity, seed: UInt64, options: ByteModel.Options? = nil) throws -> (
    bytes: ByteModel, toy: ToyModel, special: TokenID
  ) {
    let end = TokenID(vocabulary.capacity)
    let toy = ToyModel(width: vocabulary.capacity + 2, end: [end], seed: seed)
    let bytes = try ByteVocabulary(vocabulary, special: [end + 1], endTokens: [end])
    let validity: any TokenValidity
    if quantity == .all {
      validity = EverySequence(bytes)
    } else if let tokenizer {
      validity = try PipelineValidity(tokenizer, bytes)
    } else {
      validity = PipelineValidity(bytes, encoder: encode)
    }
    var options = options ?? ByteModel.Options()
    options.quantity = quantity
    let model = try ByteModel(
      MemoisedModel(toy, capacity: vocabulary.capacity + 2), vocabulary: bytes, validity: validity,
      tokenizer: nil, options: options)
    return (model, toy, end + 1)
  }

  /// Every string over the letters of at most this length, the empty one first.
  func strings(upTo length: Int) -> [[UInt8]] {
    var all: [[UInt8]] = [[]]
    var last: [[UInt8]] = [[]]
    for _ in 0..<length {
      last = last.flatMap { text in letters.map { text + [$0] } }
      all += last
    }
    return all
  }
}
