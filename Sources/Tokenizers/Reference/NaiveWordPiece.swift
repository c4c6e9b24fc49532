/// The definition of WordPiece, to be read first and to argue with the fast engine: as long as something is
/// left, take the longest piece of the vocabulary it begins with, where all pieces but the first are spelled
/// with the continuing prefix. Rules and source: ``WordPieceModel``.
public final class NaiveWordPiece: PieceEncoder {
  private let model: WordPieceModel
  private let scratch = TokenBuffer()

  public init(_ model: WordPieceModel) { self.model = model }

  public func encode(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>,
    into ids: TokenBuffer, lengths: TokenBuffer?
  ) throws(ToklabError) {
    var start = start
    for end in ends {
      let word = Array(text[start..<end])
      start = end
      if let tokens = pieces(of: word) {
        for token in tokens {
          ids.append(token.id)
          lengths?.append(UInt32(token.length))
        }
      } else {
        ids.append(try model.unknown())
        lengths?.append(UInt32(word.count))
      }
    }
  }

  public func count(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>, unknown: inout Int
  ) throws(ToklabError) -> Int {
    try countByEncoding(
      self, text, from: start, ends: ends, scratch: scratch, unknownID: model.unknownID, unknown: &unknown)
  }

  private func pieces(of word: [UInt8]) -> [(id: TokenID, length: Int)]? {
    let prefix = Array(model.definition.continuingSubwordPrefix.utf8)
    let characters = word.count { $0 & 0xC0 != 0x80 }
    if characters > model.definition.maxInputCharactersPerWord { return nil }
    var result: [(id: TokenID, length: Int)] = []
    var start = 0
    while start < word.count {
      let end = stride(from: word.count, to: start, by: -1).first {
        model.vocabulary.id(of: (start > 0 ? prefix : []) + word[start..<$0]) != nil
      }
      guard let end else { return nil }
      result.append((model.vocabulary.id(of: (start > 0 ? prefix : []) + word[start..<end])!, end - start))
      start = end
    }
    return result
  }
}
