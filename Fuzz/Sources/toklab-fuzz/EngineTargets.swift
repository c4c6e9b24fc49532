import Tokenizers

/// Engines: an input is a small vocabulary and a text, and the fast engine must give what the definition in
/// `Reference` gives, error for error.
enum EngineTargets {
  static let all: [String: FuzzTarget] = [
    "bpe-engine": { bytePair($0) },
    "superword-engine": { superword($0) },
    "unigram-engine": { unigram($0) },
    "wordpiece-engine": { wordPiece($0) },
    "sentencepiece-bpe-engine": { scored($0) },
    "scanner-engine": { scanner($0) },
  ]

  /// All single bytes and nothing else.
  static let letters: TokenizerDefinition = {
    let vocabulary = try! Vocabulary((0...255).map { [UInt8($0)] })
    return TokenizerDefinition(
      model: .bytePair(BytePairDefinition(vocabulary: vocabulary, semantics: .mergeList)))
  }()

  private static func bytePair(_ bytes: [UInt8]) {
    var choices = Choices(bytes)
    let count = 1 + choices.below(5)
    guard var definition = merges(&choices, (0..<count).map { TokenID(97 + $0) }, longest: 14) else { return }
    definition.semantics = choices.flag() ? .rankByBytes : .mergeList
    definition.wholePieceShortcut = choices.flag()
    guard let model = try? BytePairModel(definition) else { return }
    compare(model, choices.letters((0..<count).map { UInt8(97 + $0) }, most: 400), &choices)
  }

  /// Words first and phrases later, with enough early merges that encoding in two levels is taken.
  private static func superword(_ bytes: [UInt8]) {
    var choices = Choices(bytes)
    let active = Array("abc .".utf8)
    guard let definition = merges(&choices, active.map { TokenID($0) }, longest: 20, early: 560) else {
      return
    }
    guard let model = try? BytePairModel(definition) else { return }
    compare(model, choices.letters(active, most: 400), &choices)
  }

  private static func merges(
    _ choices: inout Choices, _ start: [TokenID], longest: Int, early: Int = 0
  ) -> BytePairDefinition? {
    var tokens: [[UInt8]] = (0...255).map { [UInt8($0)] }
    var seen = Set(tokens)
    var list = MergeList()
    var active = start
    func add(_ left: TokenID, _ right: TokenID) {
      let joined = tokens[Int(left)] + tokens[Int(right)]
      guard joined.count <= longest, seen.insert(joined).inserted else { return }
      list.append(left: left, right: right, result: TokenID(tokens.count))
      active.append(TokenID(tokens.count))
      tokens.append(joined)
    }
    // Joins that put no space after anything, the same in every input.
    var random = SplitMix64(seed: 5)
    for _ in 0..<early * 3 where list.count < early {
      let right = active[random.below(active.count)]
      if tokens[Int(right)].first != 0x20 { add(active[random.below(active.count)], right) }
    }
    for _ in 0..<choices.below(80) {
      add(active[choices.below(256) % active.count], active[choices.below(256) % active.count])
    }
    guard let vocabulary = try? Vocabulary(tokens) else { return nil }
    return BytePairDefinition(vocabulary: vocabulary, merges: list, semantics: .mergeList)
  }

  private static let characters = ["a", "b", "c", "é", "▁", "😀"].map { Array($0.utf8) }

  /// Pieces out of a few characters, each once.
  private static func pieces(_ choices: inout Choices, prefix: [[UInt8]] = []) -> [[UInt8]] {
    var pieces = prefix
    var seen = Set(pieces)
    for _ in 0..<1 + choices.below(40) {
      var piece: [UInt8] = []
      for _ in 0...choices.below(5) { piece += characters[choices.below(characters.count)] }
      if seen.insert(piece).inserted { pieces.append(piece) }
    }
    return pieces
  }

  private static func text(_ choices: Choices, _ isText: Bool) -> [UInt8] {
    // Whole characters, or any bytes.
    isText
      ? choices.rest(most: 200).flatMap { characters[Int($0) % characters.count] } : choices.rest(most: 300)
  }

  private static let fallback = (0..<256).map { byte in
    Array(("<0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) + ">").utf8)
  }

  private static func unigram(_ bytes: [UInt8]) {
    var choices = Choices(bytes)
    let isSentencePiece = choices.flag()
    let falls = choices.flag()
    let pieces = pieces(&choices, prefix: [Array("<unk>".utf8)] + (falls ? fallback : []))
    guard let vocabulary = try? Vocabulary(pieces) else { return }
    var definition = UnigramDefinition(
      vocabulary: vocabulary, scores: pieces.map { _ in -Double(choices.below(256)) / 16 },
      unknownID: choices.below(8) == 7 ? nil : 0, byteFallback: falls)
    if isSentencePiece {
      definition.flavor = .sentencePiece
      definition.release = choices.flag() ? .v020 : .v023
      definition.kinds = kinds(&choices, pieces.count, fallback: falls)
    }
    guard let model = try? UnigramModel(definition) else { return }
    compare(model, text(choices, isSentencePiece || choices.flag()), &choices)
  }

  private static func kinds(_ choices: inout Choices, _ count: Int, fallback: Bool) -> [PieceKind] {
    (0..<count).map { index in
      if index == 0 { return .unknown }
      if fallback, index <= 256 { return .byte }
      return [.normal, .normal, .normal, .userDefined, .unused, .control, .normal][choices.below(7)]
    }
  }

  private static func wordPiece(_ bytes: [UInt8]) {
    var choices = Choices(bytes)
    var pieces = [Array("[UNK]".utf8)]
    var seen = Set(pieces)
    for piece in Self.pieces(&choices) {
      let spelled = (choices.flag() ? Array("##".utf8) : []) + piece
      if seen.insert(spelled).inserted { pieces.append(spelled) }
    }
    guard let vocabulary = try? Vocabulary(pieces) else { return }
    let definition = WordPieceDefinition(
      vocabulary: vocabulary, maxInputCharactersPerWord: choices.flag() ? 100 : 1 + choices.below(40))
    guard let model = try? WordPieceModel(definition) else { return }
    compare(model, text(choices, true), &choices)
  }

  private static func scored(_ bytes: [UInt8]) {
    var choices = Choices(bytes)
    let falls = choices.flag()
    let pieces = pieces(&choices, prefix: [Array("<unk>".utf8)] + (falls ? fallback : []))
    guard let vocabulary = try? Vocabulary(pieces) else { return }
    var definition = BytePairDefinition(
      vocabulary: vocabulary, semantics: .scores, alphabet: .characters, unknownToken: "<unk>",
      byteFallback: falls)
    definition.scores = pieces.map { _ in -Float(choices.below(64)) }
    definition.kinds = kinds(&choices, pieces.count, fallback: falls)
    definition.release = choices.flag() ? .v020 : .v023
    guard let model = try? BytePairModel(definition) else { return }
    compare(model, text(choices, true), &choices)
  }

  /// Every scanner, on any bytes: pieces are in order, never empty, and make up the text; small buffers change nothing.
  private static func scanner(_ bytes: [UInt8]) {
    var choices = Choices(bytes)
    let patterns = PreTokenizerPattern.allCases
    let scanner = patterns[choices.below(patterns.count)].preTokenizer
    let text = choices.rest(most: 1000)
    let whole = ends(scanner, text, 2000)
    precondition(whole.last ?? 0 == text.count, "the end is not the text's")
    precondition(zip([0] + whole, whole).allSatisfy { $0 < $1 }, "an empty piece")
    precondition(ends(scanner, text, 1 + text.count % 5) == whole, "pieces that depend on the buffer")
    let cut = text.withUnsafeBufferPointer { $0.isEmpty ? nil : scanner.cut($0, from: 0, to: $0.count) }
    if let cut, cut > 0 {
      let parts =
        ends(scanner, Array(text[..<cut]), 2000) + ends(scanner, Array(text[cut...]), 2000).map { $0 + cut }
      precondition(parts == whole, "pieces that depend on a cut")
    }
  }

  private static func ends(_ preTokenizer: any PreTokenizer, _ text: [UInt8], _ capacity: Int) -> [Int] {
    let scanner = preTokenizer.makeScanner()
    var result: [Int] = []
    text.withUnsafeBufferPointer { text in
      guard (try? scanner.begin(text)) != nil else { return }
      withUnsafeTemporaryAllocation(of: Int.self, capacity: capacity) { buffer in
        while let count = try? scanner.fill(buffer), count > 0 { result += buffer[..<count] }
      }
    }
    return result
  }

  private static func compare(_ model: some TokenizerModel, _ text: [UInt8], _ choices: inout Choices) {
    guard !text.isEmpty else { return }
    let fast = encode(model, text, .auto)
    let slow = encode(model, text, .reference)
    precondition(
      fast == slow, "engine and definition differ: \(String(describing: fast)) \(String(describing: slow))")
  }

  private static func encode(
    _ model: some TokenizerModel, _ text: [UInt8], _ algorithm: EncodeOptions.Algorithm
  ) -> [TokenID]? {
    guard let encoder = try? model.makePieceEncoder(EncodeOptions(algorithm: algorithm)) else { return nil }
    let ids = TokenBuffer()
    let done: Bool = text.withUnsafeBufferPointer { text in
      [text.count].withUnsafeBufferPointer { ends in
        (try? encoder.encode(text, from: 0, ends: ends, into: ids, lengths: nil)) != nil
      }
    }
    return done ? ids.ids : nil
  }
}
