import Tokenizers

/// Which pieces of a byte-pair vocabulary of characters may stand side by side, by a walk along the junction.
///
/// The theory is that of ``BacktrackingTable``; here the smallest parts are characters, also such as are no
/// pieces themselves, and merges may be given by scores (SentencePiece) as well as by a list. What the table
/// does not hold (``isKnown(_:)``) has to be encoded: pieces made by a merge ranked before one of its parts,
/// user-defined pieces, byte tokens.
final class CharacterPairs {
  private let left: [UInt32]
  private let right: [UInt32]
  /// The place of the merge that makes a symbol, plus one; 0 for characters; `UInt32.max` for others.
  private let order: [UInt32]
  private let merges: MergeTable

  /// - Returns: nil where a piece can come about in two ways, or equal scores or unused pieces make the order
  ///   of merges depend on more than the pair.
  init?(_ model: BytePairModel) {
    guard model.definition.alphabet == .characters else { return nil }
    let vocabulary = model.vocabulary
    var splits: [(left: UInt32, right: UInt32, result: UInt32, rank: UInt32)] = []
    var leaves: [UInt32] = []
    var count = vocabulary.capacity
    func isCharacter(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
      bytes.count > 0 && bytes.count == Self.characterLength(bytes[0])
    }
    if let scored = model.scored {
      guard !scored.hasUnused else { return nil }
      count = scored.symbolCount
      merges = scored.merges
      leaves = (UInt32(vocabulary.capacity)..<UInt32(max(vocabulary.capacity, count))).map { $0 }
      for (place, id) in scored.results.enumerated() where scored.isPiece[Int(id)] {
        let bytes = vocabulary.bytes(of: id)
        guard scored.userDefined?.value(of: Array(bytes)) != id else { continue }
        if isCharacter(bytes) {
          leaves.append(id)
          continue
        }
        guard scored.ties[place] == UInt32(place) else { return nil }
        var cut = 0
        while cut < bytes.count {
          cut += min(Self.characterLength(bytes[cut]), bytes.count - cut)
          if cut == bytes.count { break }
          if let l = scored.symbol(of: UnsafeBufferPointer(rebasing: bytes[..<cut])),
            let r = scored.symbol(of: UnsafeBufferPointer(rebasing: bytes[cut...]))
          {
            splits.append((l, r, id, UInt32(place)))
          }
        }
      }
    } else {
      guard model.definition.semantics == .mergeList else { return nil }
      merges = model.merges
      for id in 0..<TokenID(vocabulary.capacity) where isCharacter(vocabulary.bytes(of: id)) {
        leaves.append(id)
      }
      let list = model.definition.merges
      for rank in 0..<list.count {
        splits.append((list.left[rank], list.right[rank], list.result[rank], UInt32(rank)))
      }
    }
    var left = [UInt32](repeating: 0, count: count)
    var right = left
    var order = [UInt32](repeating: .max, count: count)
    for id in leaves { order[Int(id)] = 0 }
    for split in splits where merges.rank(split.left, split.right) == split.rank {
      let made = split.rank + 1
      guard order[Int(split.left)] < made, order[Int(split.right)] < made,
        BacktrackingTable.areNeighbours(
          split.left, split.right, joined: true, left: left, right: right, order: order, merges: merges)
      else { continue }
      guard order[Int(split.result)] == .max else { return nil }
      left[Int(split.result)] = split.left
      right[Int(split.result)] = split.right
      order[Int(split.result)] = made
    }
    self.left = left
    self.right = right
    self.order = order
  }

  private static func characterLength(_ first: UInt8) -> Int {
    first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
  }

  /// Whether the token encodes to itself, as far as the table tells.
  @inline(__always)
  func isKnown(_ id: TokenID) -> Bool { order[Int(id)] != .max }

  /// Whether two known tokens encode to these two.
  @inline(__always)
  func isValid(_ a: TokenID, _ b: TokenID) -> Bool {
    BacktrackingTable.areNeighbours(
      a, b, joined: false, left: left, right: right, order: order, merges: merges)
  }
}
