import Tokenizers

/// Texts as sequences of a tokenizer's tokens, byte for byte, some tokens hidden.
///
/// A text is encoded by the tokenizer; tokens that are hidden are replaced by the two tokens they are merged from,
/// again and again. Where the tokenizer cannot give the bytes back (partial UTF-8 in a vocabulary of characters, a
/// normalizer, an unknown token) the fewest tokens whose texts are the bytes are taken, earlier ones longer.
public struct TokenPieces: Sendable {
  private let table: TokenTable
  private let hidden: Set<TokenID>
  private let pairs: MakingPairs?
  private let longest: Int

  public init(_ table: TokenTable, hiding hidden: Set<TokenID> = []) {
    self.table = table
    self.hidden = hidden
    if !hidden.isEmpty, case .bytePair(let model) = table.tokenizer.definition.model {
      let all = (0..<TokenID(table.count)).filter { table.tokenizer.vocabulary.contains($0) }
      pairs = MakingPairs(model, kept: Set(all))
    } else {
      pairs = nil
    }
    longest = table.texts.map(\.count).max() ?? 0
  }

  /// The pieces of a text, or nil when no tokens make it up.
  public func pieces(of text: [UInt8]) throws(ToklabError) -> [TokenID]? {
    guard !text.isEmpty else { return nil }
    if let ids = try encoded(text) {
      var out: [TokenID] = []
      if ids.allSatisfy({ unmerge($0, into: &out) }) { return out }
    }
    return fewest(text)
  }

  private func encoded(_ text: [UInt8]) throws(ToklabError) -> [TokenID]? {
    let tokenizer = table.tokenizer
    guard tokenizer.isByteComplete || String(validating: text, as: UTF8.self) != nil else { return nil }
    let options = EncodeOptions(specialTokens: .none)
    guard let ids = (try? tokenizer.encode(text, options: options))?.ids, !ids.isEmpty else { return nil }
    if spells(ids, text) { return ids }
    // A tokenizer that puts a space in front of a text has one to spare.
    guard text[0] == 0x20, let rest = (try? tokenizer.encode(text.dropFirst(), options: options))?.ids,
      spells(rest, text)
    else { return nil }
    return rest
  }

  private func spells(_ ids: [TokenID], _ text: [UInt8]) -> Bool {
    var place = 0
    for id in ids {
      guard table.kinds[Int(id)] == .text else { return false }
      let part = table.texts[Int(id)]
      guard text[place...].starts(with: part) else { return false }
      place += part.count
    }
    return place == text.count
  }

  private func unmerge(_ id: TokenID, into out: inout [TokenID]) -> Bool {
    guard hidden.contains(id) else {
      out.append(id)
      return true
    }
    guard let (left, right) = pairs?.pair(of: id) else { return false }
    return unmerge(left, into: &out) && unmerge(right, into: &out)
  }

  /// The fewest tokens; among as few, those whose first is longest, and so on.
  private func fewest(_ text: [UInt8]) -> [TokenID]? {
    let count = text.count
    var cost = [Int](repeating: Int.max, count: count + 1)
    var next = [(end: Int, id: TokenID)](repeating: (0, 0), count: count + 1)
    cost[count] = 0
    for start in stride(from: count - 1, through: 0, by: -1) {
      for end in (start + 1...min(count, start + longest)).reversed() where cost[end] != Int.max {
        guard cost[end] + 1 < cost[start],
          let id = table.ids(ofText: Array(text[start..<end])).first(where: { !hidden.contains($0) })
        else { continue }
        cost[start] = cost[end] + 1
        next[start] = (end, id)
      }
    }
    guard cost[0] != Int.max else { return nil }
    var out: [TokenID] = []
    var place = 0
    while place < count {
      out.append(next[place].id)
      place = next[place].end
    }
    return out
  }
}
