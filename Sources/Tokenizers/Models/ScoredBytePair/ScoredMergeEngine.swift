/// Runs the merges of a ``ScoredBytePairModel`` over one text: a scan over few symbols, a heap over many.
///
/// Cost: n log n in the characters of the text; texts are cut before they come here where the model allows.
///
/// Unsafe: raw arrays indexed by positions below `count`, which every append bounds.
package struct ScoredMergeEngine: UncachedPieceEncoder {
  private static let scanLimit = 24
  private static let end: Int32 = -1

  private let model: ScoredBytePairModel
  private let memory = Memory()
  private let heap = HeapBox()
  private let dropout: Double
  private let seed: UInt64
  private var random: SplitMix64
  /// For each unused piece the pair last proposed for it.
  private var proposed: [TokenID: (left: UInt32, right: UInt32)] = [:]

  /// - Parameter dropout: the probability with which a merge that comes up is dropped for good, as
  ///   SentencePiece runs BPE-dropout.
  package init(_ model: ScoredBytePairModel, dropout: Double = 0, seed: UInt64 = 0) {
    self.model = model
    self.dropout = dropout
    self.seed = seed
    random = SplitMix64(seed: seed)
  }

  package mutating func begin(document number: Int) { random = SplitMix64(seed: seed, document: number) }

  /// Symbols as a doubly linked list over their first positions.
  private struct Symbol {
    var symbol: UInt32
    var length: Int32
    var previous: Int32
    var next: Int32
    /// The place of the merge with the next symbol, or ``MergeTable/none``.
    var place: UInt32
  }

  private final class Memory {
    var symbols: UnsafeMutablePointer<Symbol>
    var capacity = 256
    init() { symbols = .allocate(capacity: capacity) }
    deinit { symbols.deallocate() }

    func grow(_ count: Int) {
      let new = UnsafeMutablePointer<Symbol>.allocate(capacity: capacity * 2)
      new.update(from: symbols, count: count)
      symbols.deallocate()
      symbols = new
      capacity *= 2
    }
  }

  private final class HeapBox { var heap = MinimumHeap() }

  package mutating func encode(
    _ piece: UnsafeBufferPointer<UInt8>, into ids: TokenBuffer, lengths: TokenBuffer?
  ) throws(ToklabError) {
    guard let text = piece.baseAddress, !piece.isEmpty else { return }
    guard piece.count < Int(Int32.max) else {
      throw ToklabError(at: .byte(0), "a piece of \(piece.count) bytes", expected: "less than 2 GiB")
    }
    let count = split(text, piece.count)
    if model.hasUnused { proposed.removeAll(keepingCapacity: true) }
    for index in 0..<(count - 1) { propose(index, index + 1) }
    if count <= Self.scanLimit, dropout == 0 { scan() } else { mergeByHeap(count) }
    write(text, into: ids, lengths)
  }

  private func split(_ text: UnsafePointer<UInt8>, _ byteCount: Int) -> Int {
    var count = 0
    var position = 0
    while position < byteCount {
      let (symbol, length) = model.firstSymbol(text + position, byteCount &- position)
      if count == memory.capacity { memory.grow(count) }
      memory.symbols[count] = Symbol(
        symbol: symbol, length: Int32(truncatingIfNeeded: length), previous: Int32(count &- 1),
        next: Int32(count &+ 1), place: MergeTable.none)
      position &+= length
      count &+= 1
    }
    memory.symbols[count - 1].next = Self.end
    return count
  }

  /// Looks up the merge of two neighbours.
  @inline(__always)
  private mutating func propose(_ left: Int, _ right: Int) {
    let symbols = memory.symbols
    let place = model.merges.rank(symbols[left].symbol, symbols[right].symbol)
    symbols[left].place = place
    if model.hasUnused, place != MergeTable.none {
      let result = model.results[Int(place)]
      if model.isUnused[Int(result)] { proposed[result] = (symbols[left].symbol, symbols[right].symbol) }
    }
  }

  /// Joins the symbol at `index` with the next one and proposes its new neighbourhoods, the left one first.
  /// Returns the position before, or ``end``.
  @inline(__always)
  private mutating func join(_ index: Int) -> Int {
    let symbols = memory.symbols
    let right = Int(symbols[index].next)
    symbols[index].symbol = model.results[Int(symbols[index].place)]
    symbols[index].length &+= symbols[right].length
    symbols[right].place = MergeTable.none
    let after = symbols[right].next
    symbols[index].next = after
    if after != Self.end { symbols[Int(after)].previous = Int32(truncatingIfNeeded: index) }
    let before = Int(symbols[index].previous)
    if before >= 0 { propose(before, index) }
    if after != Self.end { propose(index, Int(after)) } else { symbols[index].place = MergeTable.none }
    return before
  }

  private mutating func scan() {
    let symbols = memory.symbols
    while true {
      var best = MergeTable.none
      var at = 0
      var index = 0
      while index >= 0 {
        let place = symbols[index].place
        if place != MergeTable.none {
          let tie = model.ties[Int(place)]
          if tie < best {
            best = tie
            at = index
          }
        }
        index = Int(symbols[index].next)
      }
      if best == MergeTable.none { return }
      _ = join(at)
    }
  }

  private mutating func mergeByHeap(_ count: Int) {
    let heap = self.heap
    heap.heap.removeAll()
    for index in 0..<count { push(index, heap) }
    while let key = heap.heap.popMinimum() {
      let index = Int(truncatingIfNeeded: key & 0xFFFF_FFFF)
      let place = memory.symbols[index].place
      // An entry is stale when the merge now standing there has another score.
      guard place != MergeTable.none, UInt64(model.ties[Int(place)]) == key >> 32 else { continue }
      if dropout > 0, random.unitInterval() < dropout { continue }
      let before = join(index)
      if before >= 0 { push(before, heap) }
      push(index, heap)
    }
  }

  @inline(__always)
  private func push(_ index: Int, _ heap: HeapBox) {
    let place = memory.symbols[index].place
    if place != MergeTable.none { heap.heap.insert(UInt64(model.ties[Int(place)]) << 32 | UInt64(index)) }
  }

  /// Writes what is left, unused pieces taken apart and unknown characters by the rules of the model.
  private func write(_ text: UnsafePointer<UInt8>, into ids: TokenBuffer, _ lengths: TokenBuffer?) {
    var writer = SymbolWriter(model, ids, lengths)
    var position = 0
    var index: Int32 = 0
    while index != Self.end {
      let symbol = memory.symbols[Int(index)]
      if model.hasUnused, !model.isUnknown(symbol.symbol), model.isUnused[Int(symbol.symbol)] {
        takeApart(symbol.symbol, 0, text, &position, &writer)
      } else {
        writer.write(symbol.symbol, text + position, Int(symbol.length))
        position &+= Int(symbol.length)
      }
      index = symbol.next
    }
  }

  /// How deep pieces are taken apart; deeper ones stay whole, as in the library.
  private static let deepest = 100

  private func takeApart(
    _ symbol: UInt32, _ depth: Int, _ text: UnsafePointer<UInt8>, _ position: inout Int,
    _ writer: inout SymbolWriter
  ) {
    let isUnused = !model.isUnknown(symbol) && model.isUnused[Int(symbol)]
    let isWhole = isUnused && model.release == .v023 && depth > Self.deepest
    if isUnused, !isWhole, let pair = proposed[symbol] {
      takeApart(pair.left, depth + 1, text, &position, &writer)
      takeApart(pair.right, depth + 1, text, &position, &writer)
      return
    }
    let length =
      model.isUnknown(symbol)
      ? UnigramViterbi.characterLength(text[position]) : model.vocabulary.length(of: symbol)
    let isLost = isUnused && !isWhole && model.release == .v023
    writer.write(isLost ? model.unknownSymbol : symbol, text + position, length)
    position &+= length
  }
}

/// Turns symbols into tokens: known pieces as they are, others into bytes or the unknown token.
struct SymbolWriter {
  private let model: ScoredBytePairModel
  private let ids: TokenBuffer
  private let lengths: TokenBuffer?
  private var isAfterUnknown = false

  init(_ model: ScoredBytePairModel, _ ids: TokenBuffer, _ lengths: TokenBuffer?) {
    self.model = model
    self.ids = ids
    self.lengths = lengths
  }

  @inline(__always)
  mutating func write(_ symbol: UInt32, _ text: UnsafePointer<UInt8>, _ length: Int) {
    guard model.isUnknown(symbol) else {
      ids.append(symbol)
      lengths?.append(UInt32(truncatingIfNeeded: length))
      isAfterUnknown = false
      return
    }
    if model.byteFallback {
      for index in 0..<length {
        let id = model.fallbackTokens[Int(text[index])]
        ids.append(id == VocabularyStorage.none ? model.unknownID : id)
        lengths?.append(1)
      }
    } else if isAfterUnknown {
      if let lengths { lengths.base[lengths.count - 1] &+= UInt32(truncatingIfNeeded: length) }
    } else {
      ids.append(model.unknownID)
      lengths?.append(UInt32(truncatingIfNeeded: length))
      isAfterUnknown = true
    }
  }
}
