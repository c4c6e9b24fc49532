/// How files spell the tokens of a vocabulary, and the way back.
///
/// A byte-level vocabulary holds raw bytes and is spelled in GPT-2's byte alphabet; entries spelled
/// outside the alphabet are the vocabulary's literals and stay as they are. Any other vocabulary holds
/// what the file says.
struct TokenSpelling {
  let vocabulary: Vocabulary
  let byteLevel: Bool
  private let literals: [[UInt8]: TokenID]

  init(vocabulary: Vocabulary, byteLevel: Bool) {
    self.vocabulary = vocabulary
    self.byteLevel = byteLevel
    var literals: [[UInt8]: TokenID] = [:]
    for id in vocabulary.literals { literals[vocabulary[id]] = id }
    self.literals = literals
  }

  /// The token as files spell it.
  func spelling(of id: TokenID) -> [UInt8] {
    guard byteLevel, !vocabulary.isLiteral(id) else { return vocabulary[id] }
    return vocabulary.withBytes(of: id) { ByteAlphabet.spelling(of: $0) }
  }

  /// The token that files spell like this.
  func id(spelled text: [UInt8]) -> TokenID? {
    text.withUnsafeBufferPointer { id(spelled: $0) }
  }

  func id(spelled text: UnsafeBufferPointer<UInt8>) -> TokenID? {
    if byteLevel {
      var bytes: [UInt8] = []
      guard ByteAlphabet.append(text, to: &bytes) else { return literals[Array(text)] }
      return ordinary(bytes[...])
    }
    return vocabulary.id(of: text)
  }

  /// The token with these bytes that is no literal.
  @inline(__always)
  func ordinary(_ bytes: ArraySlice<UInt8>) -> TokenID? {
    let id = bytes.withUnsafeBufferPointer { vocabulary.id(of: $0) }
    guard let id, literals.isEmpty || !vocabulary.isLiteral(id) else { return nil }
    return id
  }
}

/// Collects the tokens of a file into a ``Vocabulary``.
struct SpelledVocabularyBuilder {
  private var builder = VocabularyBuilder()
  private let byteLevel: Bool
  private var scratch: [UInt8] = []
  private var literals: Set<[UInt8]> = []

  init(byteLevel: Bool, capacity: Int) {
    self.byteLevel = byteLevel
    builder.reserveCapacity(tokens: capacity, bytes: capacity * 8)
  }

  /// - Returns: false when the text is a literal that was there before.
  @inline(__always)
  mutating func append(id: TokenID, spelled text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard byteLevel else {
      builder.append(id: id, text)
      return true
    }
    scratch.removeAll(keepingCapacity: true)
    if ByteAlphabet.append(text, to: &scratch) {
      builder.append(id: id, scratch)
      return true
    }
    builder.append(id: id, text, literal: true)
    return literals.insert(Array(text)).inserted
  }

  func build() throws(ToklabError) -> Vocabulary { try builder.build() }
}
