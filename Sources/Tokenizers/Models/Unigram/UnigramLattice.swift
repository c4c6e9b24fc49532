import Glibc

/// All ways to cut one text into pieces of a unigram model, for what needs more than the best one: the n best,
/// samples, and the probability of each piece. Sums are in double precision.
///
/// Nodes are the pieces that match; an unknown character is a node where it is no piece of its own, as in
/// ``UnigramModel``. Cost: linear in the number of nodes to build.
public struct UnigramLattice: Sendable {
  /// A piece of the text.
  public struct Node: Sendable, Hashable {
    /// Nil for an unknown character.
    public let id: TokenID?
    public let range: Range<Int>
    public let score: Double
  }

  public struct Path: Sendable, Hashable {
    public let nodes: [Node]
    /// The sum of the nodes' scores.
    public let score: Double
  }

  public let text: [UInt8]
  public let nodes: [Node]
  private let model: UnigramModel
  /// For each position the nodes that end there, ascending; nodes themselves are in order of their starts.
  private let ending: [[Int]]

  /// - Throws: ``ToklabError`` for an unknown character when the model has no unknown piece.
  public init(_ model: UnigramModel, _ text: [UInt8]) throws(ToklabError) {
    self.model = model
    self.text = text
    var nodes: [Node] = []
    var ending = [[Int]](repeating: [], count: text.count + 1)
    var unknown: Int?
    text.withUnsafeBufferPointer { bytes in
      var position = 0
      while position < bytes.count {
        let character = min(UnigramViterbi.characterLength(bytes[position]), bytes.count - position)
        var isKnown = false
        func add(_ id: TokenID?, _ length: Int, _ score: Double) {
          ending[position + length].append(nodes.count)
          nodes.append(Node(id: id, range: position..<position + length, score: score))
        }
        model.trie.forEachPrefix(of: bytes.baseAddress! + position, bytes.count - position) {
          length, id, score in
          add(id, length, score)
          if length == character { isKnown = true }
        }
        if !isKnown {
          add(nil, character, model.unknownScore)
          if model.unknownID == nil, unknown == nil { unknown = position }
        }
        position += character
      }
    }
    if let unknown { throw model.missingUnknown(at: unknown) }
    self.nodes = nodes
    self.ending = ending
  }

  /// The `count` best paths, best first (fewer when there are fewer). Equal scores: the path whose last
  /// differing piece starts earlier comes first. At most 1,024 are made.
  ///
  /// Searches backwards from the end, the most promising partial path first; what is missing to its left is
  /// known exactly from the best path there (A*; Nagata, "A stochastic Japanese morphological analyzer using a
  /// forward-DP backward-A* N-best search algorithm", COLING 1994).
  public func nBest(_ count: Int) -> [Path] {
    guard count > 0, !text.isEmpty else { return [] }
    let best = bestSums()
    var agenda = Agenda()
    // Partial paths as linked lists, written once.
    var partial: [(node: Int, rest: Int)] = []
    var result: [Path] = []
    func expand(_ position: Int, _ sum: Double, _ rest: Int) {
      for node in ending[position] {
        let before = nodes[node].range.lowerBound
        guard best[before] > -.infinity else { continue }
        partial.append((node, rest))
        let right = sum + nodes[node].score
        agenda.insert(Agenda.Entry(total: right + best[before], right: right, partial: partial.count - 1))
      }
    }
    expand(text.count, 0, -1)
    while result.count < min(count, 1024), let top = agenda.pop() {
      let start = nodes[partial[top.partial].node].range.lowerBound
      if start > 0 {
        expand(start, top.right, top.partial)
        continue
      }
      var path: [Node] = []
      var at = top.partial
      while at >= 0 {
        path.append(nodes[partial[at].node])
        at = partial[at].rest
      }
      result.append(Path(nodes: path, score: top.right))
    }
    return result
  }

  /// A path drawn with probability proportional to exp(θ · score): forward sums, then backward draws
  /// (Kudo, ACL 2018, section 3.3). θ = 1 is the model itself, 0 draws among all paths alike.
  public func sample(theta: Double = 1, using random: inout SplitMix64) -> Path {
    let forward = forwardSums(theta: theta)
    var path: [Node] = []
    var position = text.count
    while position > 0 {
      var rest = random.unitInterval()
      var chosen: Int?
      for node in ending[position] {
        let before = forward[nodes[node].range.lowerBound]
        guard before > -.infinity else { continue }
        chosen = node
        rest -= exp(before + theta * nodes[node].score - forward[position])
        if rest < 0 { break }
      }
      path.append(nodes[chosen!])
      position = nodes[chosen!].range.lowerBound
    }
    path.reverse()
    return Path(nodes: path, score: path.reduce(0) { $0 + $1.score })
  }

  /// The logarithm of the sum of exp(score) over all paths, and for each node the probability that a path
  /// goes through it.
  public func marginals() -> (logSum: Double, probabilities: [Double]) {
    let forward = forwardSums(theta: 1)
    var backward = [Double](repeating: -.infinity, count: text.count + 1)
    backward[text.count] = 0
    // Descending ends would do as well; starts descend from the last node to the first.
    for node in nodes.reversed() where backward[node.range.upperBound] > -.infinity {
      let start = node.range.lowerBound
      backward[start] = Self.logAdd(backward[start], node.score + backward[node.range.upperBound])
    }
    let total = forward[text.count]
    let probabilities = nodes.map { node in
      exp(forward[node.range.lowerBound] + node.score + backward[node.range.upperBound] - total)
    }
    return (total, probabilities)
  }

  /// The token ids of a path: runs of unknown pieces fused or taken into bytes as ``UnigramModel`` says.
  public func tokens(of path: Path) -> [TokenID] {
    let ids = TokenBuffer()
    write(path, into: ids, lengths: nil)
    return ids.ids
  }

  /// The same, with the bytes each token stands for.
  package func write(_ path: Path, into ids: TokenBuffer, lengths: TokenBuffer?) {
    var writer = UnknownRunWriter(model)
    text.withUnsafeBufferPointer { text in
      for node in path.nodes {
        writer.write(node.id ?? model.unknownID!, node.range, text.baseAddress!, into: ids, lengths)
      }
      if !text.isEmpty { writer.flush(text.baseAddress!, into: ids, lengths) }
    }
  }

  private func bestSums() -> [Double] {
    var best = [Double](repeating: -.infinity, count: text.count + 1)
    best[0] = 0
    for position in 1..<text.count + 1 {
      for node in ending[position] {
        best[position] = max(best[position], best[nodes[node].range.lowerBound] + nodes[node].score)
      }
    }
    return best
  }

  private func forwardSums(theta: Double) -> [Double] {
    var sums = [Double](repeating: -.infinity, count: text.count + 1)
    sums[0] = 0
    for position in 1..<max(1, text.count) + 1 where position <= text.count {
      for node in ending[position] {
        let before = sums[nodes[node].range.lowerBound]
        if before > -.infinity {
          sums[position] = Self.logAdd(sums[position], before + theta * nodes[node].score)
        }
      }
    }
    return sums
  }

  private static func logAdd(_ a: Double, _ b: Double) -> Double {
    if a == -.infinity { return b }
    let (low, high) = a < b ? (a, b) : (b, a)
    return high + log1p(exp(low - high))
  }
}

/// Partial paths, the most promising first; of equal ones the first that was found.
private struct Agenda {
  struct Entry {
    var total: Double
    var right: Double
    var partial: Int
  }

  private var entries: [Entry] = []

  private static func precedes(_ a: Entry, _ b: Entry) -> Bool {
    a.total != b.total ? a.total > b.total : a.partial < b.partial
  }

  mutating func insert(_ entry: Entry) {
    entries.append(entry)
    var index = entries.count - 1
    while index > 0, Self.precedes(entries[index], entries[(index - 1) / 2]) {
      entries.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  mutating func pop() -> Entry? {
    guard let top = entries.first else { return nil }
    let last = entries.removeLast()
    if entries.isEmpty { return top }
    entries[0] = last
    var index = 0
    while true {
      var child = 2 * index + 1
      if child >= entries.count { return top }
      if child + 1 < entries.count, Self.precedes(entries[child + 1], entries[child]) { child += 1 }
      if !Self.precedes(entries[child], entries[index]) { return top }
      entries.swapAt(index, child)
      index = child
    }
  }
}
