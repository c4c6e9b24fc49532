/// The definition of unigram encoding, to be read first and to argue with the fast engine.
///
/// For every position, from left to right, try every piece that begins there; a position remembers the best
/// sum that leads to it and the first piece that reached it with that sum. A character that is no piece of
/// its own may also be skipped as unknown. Cost: the text's length times the longest piece's.
///
/// Rules and their sources: ``UnigramModel``.
public final class NaiveUnigram: PieceEncoder {
  private let model: UnigramModel
  private let scratch = TokenBuffer()

  public init(_ model: UnigramModel) { self.model = model }

  public func encode(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>,
    into ids: TokenBuffer, lengths: TokenBuffer?
  ) throws(ToklabError) {
    var start = start
    for end in ends {
      for token in try encode(Array(text[start..<end]), at: start) {
        ids.append(token.id)
        lengths?.append(UInt32(token.length))
      }
      start = end
    }
  }

  public func count(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>, unknown: inout Int
  ) throws(ToklabError) -> Int {
    try countByEncoding(
      self, text, from: start, ends: ends, scratch: scratch, unknownID: model.unknownID, unknown: &unknown)
  }

  private struct Node {
    var sum = 0.0
    var start = -1
    var id: TokenID?
  }

  private func encode(_ text: [UInt8], at origin: Int) throws(ToklabError) -> [(id: TokenID, length: Int)] {
    var nodes = [Node](repeating: Node(), count: text.count + 1)
    func offer(_ sum: Double, from start: Int, to end: Int, _ id: TokenID?) -> Bool {
      let sum = model.release == .v023 ? Double(Float(sum)) : sum
      guard nodes[end].start < 0 || sum > nodes[end].sum else { return false }
      nodes[end] = Node(sum: model.isSinglePrecision ? Double(Float(sum)) : sum, start: start, id: id)
      return true
    }
    var start = 0
    while start < text.count {
      if model.release == .v023, nodes[start].sum.magnitude > UnigramModel.largestSum {
        let sum = nodes[start].sum
        for index in start..<nodes.count where nodes[index].start >= 0 {
          nodes[index].sum = Double(Float(nodes[index].sum - sum))
        }
      }
      let character = min(UnigramViterbi.characterLength(text[start]), text.count - start)
      var isKnown = false
      for length in 1...max(1, min(model.trie.depth, text.count - start)) where start + length <= text.count {
        guard let id = matchable(text[start..<start + length]) else { continue }
        _ = offer(model.scores[Int(id)] + nodes[start].sum, from: start, to: start + length, id)
        isKnown = isKnown || length == character
      }
      if !isKnown {
        var sum = model.unknownScore + nodes[start].sum
        if model.isSinglePrecision { sum = Double(Float(sum)) }
        if offer(sum, from: start, to: start + character, model.unknownID), model.unknownID == nil {
          throw model.missingUnknown(at: origin + start)
        }
      }
      start += character
    }
    var path: [(id: TokenID, range: Range<Int>)] = []
    var end = text.count
    while end > 0 {
      path.append((nodes[end].id ?? 0, nodes[end].start..<end))
      end = nodes[end].start
    }
    return tokens(of: path.reversed(), text)
  }

  private func matchable(_ piece: ArraySlice<UInt8>) -> TokenID? {
    guard let id = model.vocabulary.id(of: Array(piece)), !model.vocabulary.isLiteral(id) else { return nil }
    if model.definition.flavor == .huggingFace { return id }
    if id == model.unknownID { return nil }
    guard !model.definition.kinds.isEmpty else { return id }
    let kind = model.definition.kinds[Int(id)]
    return kind == .normal || kind == .userDefined ? id : nil
  }

  /// Fuses runs of unknown pieces, after taking each into bytes (SentencePiece) or before (Hugging Face).
  private func tokens(of path: [(id: TokenID, range: Range<Int>)], _ text: [UInt8]) -> [(
    id: TokenID, length: Int
  )] {
    let isHuggingFace = model.definition.flavor == .huggingFace
    var result: [(id: TokenID, length: Int)] = []
    var index = 0
    while index < path.count {
      var range = path[index].range
      index += 1
      guard path[index - 1].id == model.unknownID else {
        result.append((path[index - 1].id, range.count))
        continue
      }
      while isHuggingFace || !model.definition.byteFallback, index < path.count,
        path[index].id == model.unknownID
      {
        range = range.lowerBound..<path[index].range.upperBound
        index += 1
      }
      let bytes = text[range].map { model.fallbackTokens[Int($0)] }
      if isHuggingFace, let id = model.vocabulary.id(of: Array(text[range])) {
        result.append((id, range.count))
      } else if model.definition.byteFallback, !bytes.contains(VocabularyStorage.none) {
        result += bytes.map { ($0, 1) }
      } else {
        result.append((path[index - 1].id, range.count))
      }
    }
    return result
  }
}
