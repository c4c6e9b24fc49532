/// Chooses the tokens that a text misses least.
///
/// A token's cost is the tokens that the text gets more when it goes: its uses, times the pieces it falls into
/// less one. In a merge list a token that a longer kept token is made of cannot go before that one (a leaf goes
/// first), it falls into the two parts it was made of, and its uses become theirs. Elsewhere a token falls into
/// the best way to cut it without it. The cheapest go first, of equals the one that the tokenizer holds least
/// important. After a part of the work (``rounds``) the text is encoded again with what is left.
struct VocabularyPruner {
  /// How often the text is encoded.
  static let rounds = 4

  let surgery: VocabularySurgery
  private let words: EncodedWords
  /// Smaller is more important.
  private let importance: [Int]

  init(_ surgery: VocabularySurgery, _ words: EncodedWords) {
    self.surgery = surgery
    self.words = words
    var importance = [Int](repeating: 0, count: surgery.capacity)
    for (index, id) in surgery.importance().enumerated() { importance[Int(id)] = index + 1 }
    self.importance = importance
  }

  /// The tokens of a tokenizer of `size` tokens.
  func kept(size: Int, progress: ((Int) -> Void)?) throws(ToklabError) -> Set<TokenID> {
    var kept = Set(surgery.tokens)
    let all = kept.count - size
    for round in 1...Self.rounds {
      let target = kept.count - (all * round / Self.rounds - all * (round - 1) / Self.rounds)
      let uses = try uses(kept)
      if case .bytePair(let model) = surgery.definition.model {
        pruneMerges(&kept, to: target, uses, model)
      } else {
        try prunePieces(&kept, to: target, uses)
      }
      progress?(surgery.tokens.count - kept.count)
    }
    return kept
  }

  /// How often the text uses each token, by old ids.
  private func uses(_ kept: Set<TokenID>) throws(ToklabError) -> [Int64] {
    let edited = try surgery.keeping(kept)
    var old: [TokenID] = []
    for id in surgery.tokens where edited.newIDs[Int(id)] != nil { old.append(id) }
    var uses = [Int64](repeating: 0, count: surgery.capacity)
    try words.encoded(by: try Tokenizer(edited.definition)).forEach { ids, count in
      for id in ids { uses[Int(old[Int(id)])] &+= count }
    }
    return uses
  }

  private struct Candidate: Comparable {
    var cost: Int64
    var importance: Int
    var id: TokenID

    static func < (a: Candidate, b: Candidate) -> Bool {
      if a.cost != b.cost { return a.cost < b.cost }
      return a.importance > b.importance
    }
  }

  // MARK: - Merge lists

  private func pruneMerges(
    _ kept: inout Set<TokenID>, to target: Int, _ uses: [Int64], _ model: BytePairDefinition
  ) {
    let makers = MakingPairs(model, kept: kept)
    var uses = uses
    var users = [Int32](repeating: 0, count: surgery.capacity)
    for id in kept {
      if let (left, right) = makers.pair(of: id) {
        users[Int(left)] += 1
        users[Int(right)] += 1
      }
    }
    var heap = SmallestFirst<Candidate>()
    func push(_ id: TokenID) {
      guard kept.contains(id), users[Int(id)] == 0, !surgery.required.contains(id) else { return }
      heap.push(Candidate(cost: uses[Int(id)], importance: importance[Int(id)], id: id))
    }
    for id in surgery.tokens { push(id) }
    while kept.count > target, let next = heap.pop() {
      // A leaf's uses grow when a token made of it goes, but then it was no leaf and was not queued.
      kept.remove(next.id)
      guard let (left, right) = makers.pair(of: next.id) else { continue }
      for part in [left, right] {
        uses[Int(part)] += uses[Int(next.id)]
        users[Int(part)] -= 1
      }
      push(left)
      if right != left { push(right) }
    }
  }

  // MARK: - Pieces

  private func prunePieces(_ kept: inout Set<TokenID>, to target: Int, _ uses: [Int64]) throws(ToklabError) {
    let cutter = PieceCutter(surgery.definition.model, kept: kept)
    var candidates: [Candidate] = []
    for id in surgery.tokens where kept.contains(id) && !surgery.required.contains(id) {
      // What cannot be cut becomes unknown, which no saving is worth.
      let pieces = uses[Int(id)] == 0 ? 2 : cutter.pieces(without: id)
      let cost = pieces.map { uses[Int(id)] &* Int64($0 - 1) } ?? Int64.max
      candidates.append(Candidate(cost: cost, importance: importance[Int(id)], id: id))
    }
    candidates.sort()
    for candidate in candidates.prefix(kept.count - target) { kept.remove(candidate.id) }
  }
}

extension VocabularySurgery {
  /// The tokenizer of `size` tokens that encodes the text with the fewest tokens more, as ``VocabularyPruner``
  /// finds it.
  ///
  /// - Returns: the tokenizer, and the tokens of the text's words under this one, under it, and under the one
  ///   that ``truncated(to:)`` makes of the same size.
  public func pruned(
    to size: Int, on corpus: Corpus, run: TrainingRun = TrainingRun()
  ) throws(ToklabError) -> (edited: EditedTokenizer, before: Int64, after: Int64, truncated: Int64) {
    try check(size)
    let tokenizer = try Tokenizer(definition)
    let words = try EncodedWords(tokenizer, corpus, run)
    let pruner = VocabularyPruner(self, words)
    let edited = try keeping(try pruner.kept(size: size) { run.progress?(.train, $0) })
    func length(_ definition: TokenizerDefinition) throws(ToklabError) -> Int64 {
      var total: Int64 = 0
      try words.encoded(by: try Tokenizer(definition)).forEach { ids, count in
        total &+= Int64(ids.count) &* count
      }
      return total
    }
    return (
      edited, try length(definition), try length(edited.definition),
      try length(truncated(to: size).definition)
    )
  }
}

/// A binary heap, smallest first.
struct SmallestFirst<Element: Comparable> {
  private var items: [Element] = []

  mutating func push(_ item: Element) {
    items.append(item)
    var index = items.count - 1
    while index > 0, items[index] < items[(index - 1) / 2] {
      items.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  mutating func pop() -> Element? {
    guard let first = items.first else { return nil }
    let last = items.removeLast()
    guard !items.isEmpty else { return first }
    items[0] = last
    var index = 0
    while true {
      var least = index
      for child in [index * 2 + 1, index * 2 + 2] where child < items.count && items[child] < items[least] {
        least = child
      }
      if least == index { return first }
      items.swapAt(index, least)
      index = least
    }
  }
}
