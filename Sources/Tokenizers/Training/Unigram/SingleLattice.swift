import Glibc

/// The lattice of one word in single precision, its nodes in the order in which SentencePiece 0.2.0 makes them,
/// which decides between equal paths and rounds its sums.
///
/// Nodes are numbered from 1; 0 is the one before the word, the last the one behind it. Buffers are kept from
/// word to word. Cost: the product of the nodes that end and begin at each place for the best paths.
struct SingleLattice {
  private struct Node {
    var begin: Int32
    var end: Int32
    var piece: UInt32
    var score: Float
    /// The best path that ends with this node, and the node before.
    var best: Float
    var previous: Int32
    /// The next node that ends at the same place.
    var next: Int32
  }

  private var nodes: [Node] = []
  /// Per place: the first and last node that end there, and the first that begins there.
  private var endings: [(first: Int32, last: Int32)] = []
  private var begins: [Int32] = []
  private var forward: [Float] = []
  private var backward: [Float] = []
  private var matches: [(piece: Int, size: Int)] = []
  private var length = 0

  private var last: Int { nodes.count - 1 }

  /// Takes up `length` symbols of the text from `start` on.
  mutating func set(_ pieces: UnigramPieces, _ start: Int, _ length: Int, _ unknownScore: Float) {
    self.length = length
    nodes.removeAll(keepingCapacity: true)
    begins.removeAll(keepingCapacity: true)
    endings.removeAll(keepingCapacity: true)
    endings.append(contentsOf: repeatElement((first: Int32(-1), last: Int32(-1)), count: length + 1))
    nodes.append(Node(begin: 0, end: 0, piece: 0, score: 0, best: 0, previous: -1, next: -1))
    endings[0] = (0, 0)
    for place in 0..<length {
      begins.append(Int32(nodes.count))
      matches.removeAll(keepingCapacity: true)
      let isKnown = pieces.forEachMatch(at: start + place) { piece, size in
        if place + size <= length { matches.append((piece, size)) }
      }
      // The release makes nodes of short pieces first.
      for (piece, size) in matches.reversed() { append(place, place + size, piece, pieces.scores[piece]) }
      if !isKnown { append(place, place + 1, pieces.unknownPiece ?? 0, unknownScore) }
    }
    begins.append(Int32(nodes.count))
    nodes.append(
      Node(begin: Int32(length), end: Int32(length), piece: 0, score: 0, best: 0, previous: -1, next: -1))
    begins.append(Int32(nodes.count))
  }

  private mutating func append(_ begin: Int, _ end: Int, _ piece: Int, _ score: Float) {
    let node = Int32(nodes.count)
    nodes.append(
      Node(
        begin: Int32(begin), end: Int32(end), piece: UInt32(piece), score: score, best: 0, previous: -1,
        next: -1))
    if endings[end].last < 0 { endings[end].first = node } else { nodes[Int(endings[end].last)].next = node }
    endings[end].last = node
  }

  /// log(exp(x) + exp(y)), the smaller one dropped when it is 50 below.
  @inline(__always)
  private static func join(_ x: Float, _ y: Float) -> Float {
    let (least, most) = (min(x, y), max(x, y))
    if most > least + 50 { return most }
    return Float(Double(most) + log(exp(Double(least - most)) + 1))
  }

  /// Adds what each node's piece is expected to occur in `count` such words.
  mutating func addMarginals(_ count: Float, into expected: inout [Float]) {
    forward.removeAll(keepingCapacity: true)
    forward.append(contentsOf: repeatElement(0, count: length + 1))
    backward.removeAll(keepingCapacity: true)
    backward.append(contentsOf: repeatElement(0, count: length + 1))
    for place in stride(from: 1, through: length, by: 1) {
      var node = Int(endings[place].first)
      var sum = nodes[node].score + forward[Int(nodes[node].begin)]
      node = Int(nodes[node].next)
      while node >= 0 {
        sum = Self.join(sum, nodes[node].score + forward[Int(nodes[node].begin)])
        node = Int(nodes[node].next)
      }
      forward[place] = sum
    }
    for place in stride(from: length - 1, through: 0, by: -1) {
      let first = Int(begins[place])
      var sum = nodes[first].score + backward[Int(nodes[first].end)]
      for node in first + 1..<Int(begins[place + 1]) {
        sum = Self.join(sum, nodes[node].score + backward[Int(nodes[node].end)])
      }
      backward[place] = sum
    }
    let total = forward[length]
    for node in nodes[1..<last] {
      let value = forward[Int(node.begin)] + node.score + backward[Int(node.end)] - total
      let piece = Int(node.piece)
      expected[piece] = Float(Double(expected[piece]) + Double(count) * exp(Double(value)))
    }
  }

  /// Finds the best paths to all nodes. A node prefers, of those before it whose sums with its own score are
  /// equal, the one that begins first.
  mutating func search() {
    for place in 0...length {
      for right in Int(begins[place])..<Int(begins[place + 1]) {
        var left = Int(endings[place].first)
        var (best, previous) = (nodes[left].best + nodes[right].score, left)
        left = Int(nodes[left].next)
        while left >= 0 {
          let score = nodes[left].best + nodes[right].score
          if score > best { (best, previous) = (score, left) }
          left = Int(nodes[left].next)
        }
        nodes[right].best = best
        nodes[right].previous = Int32(previous)
      }
    }
  }

  /// The pieces of the best path, last one first; after ``search()``.
  func forEachOfBest(_ body: (Int) -> Void) {
    var node = Int(nodes[last].previous)
    while node > 0 {
      body(Int(nodes[node].piece))
      node = Int(nodes[node].previous)
    }
  }

  // MARK: - Second-best path

  /// A path from some node to the end of the word.
  private struct Hypothesis {
    var node: Int32
    var next: Int32
    /// The sum of its scores, and that with the best way to its first node.
    var score: Float
    var priority: Float
  }

  /// Of a piece's own text, the pieces of the second-best path; none where there is one path only; nil when the
  /// best path has several.
  mutating func secondBest() -> [UInt32]? {
    search()
    var hypotheses = [Hypothesis(node: Int32(last), next: -1, score: 0, priority: nodes[last].best)]
    var agenda = Agenda()
    agenda.push(0, hypotheses[0].priority)
    var found = 0
    while let top = agenda.pop() {
      let hypothesis = hypotheses[top]
      if hypothesis.node == 0 {
        var path: [UInt32] = []
        var at = Int(hypothesis.next)
        while hypotheses[at].next >= 0 {
          path.append(nodes[Int(hypotheses[at].node)].piece)
          at = Int(hypotheses[at].next)
        }
        found += 1
        if found == 1, path.count > 1 { return nil }
        if found == 2 { return path }
        continue
      }
      var left = Int(endings[Int(nodes[Int(hypothesis.node)].begin)].first)
      while left >= 0 {
        let next = Hypothesis(
          node: Int32(left), next: Int32(top), score: nodes[left].score + hypothesis.score,
          priority: nodes[left].best + hypothesis.score)
        agenda.push(hypotheses.count, next.priority)
        hypotheses.append(next)
        left = Int(nodes[left].next)
      }
    }
    return []
  }
}

/// A heap of numbers by priority, the largest on top; equal ones come out in the order that the C++ library's
/// heap gives them, which is what SentencePiece uses.
private struct Agenda {
  private var items: [(item: Int, priority: Float)] = []

  mutating func push(_ item: Int, _ priority: Float) {
    items.append((item, priority))
    rise(items.count - 1, from: 0)
  }

  private mutating func rise(_ index: Int, from top: Int) {
    let moved = items[index]
    var hole = index
    while hole > top, items[(hole - 1) / 2].priority < moved.priority {
      items[hole] = items[(hole - 1) / 2]
      hole = (hole - 1) / 2
    }
    items[hole] = moved
  }

  /// The hole on top sinks to the bottom along larger children, the right one of equal ones; the last item
  /// takes it and rises.
  mutating func pop() -> Int? {
    guard let top = items.first else { return nil }
    let moved = items.removeLast()
    guard !items.isEmpty else { return top.item }
    var hole = 0
    while 2 * hole + 2 < items.count {
      let right = 2 * hole + 2
      let child = items[right].priority < items[right - 1].priority ? right - 1 : right
      items[hole] = items[child]
      hole = child
    }
    if 2 * hole + 2 == items.count {
      items[hole] = items[items.count - 1]
      hole = items.count - 1
    }
    items[hole] = moved
    rise(hole, from: 0)
    return top.item
  }
}
