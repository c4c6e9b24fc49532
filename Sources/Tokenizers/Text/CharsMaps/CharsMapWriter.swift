/// Compiles a map of character sequences into the form SentencePiece stores (see ``CharsMap`` for the layout).
///
/// Keys become a double array with children at `base ^ byte`; replacements, each once, a blob of texts with a
/// zero byte after each. Nodes that lead to the same rules are one node, which is what keeps the sequences of
/// Hangul small. A free unit gets a label that no parent in its block asks for there, so that no walk takes it
/// for a child. Cost: linear in the rules, but for the search for free places.
struct CharsMapWriter {
  /// Up to six scalars, 21 bits each, the first in the highest bits: ascending as UTF-8 is.
  typealias Key = UInt128
  static let scalarBits: UInt128 = 21
  static let longestKey = 6

  static func key(_ scalars: some Sequence<UInt32>) -> Key {
    var key: Key = 0
    for (place, scalar) in scalars.enumerated() { key |= Self.key(scalar, at: place) }
    return key
  }

  /// The part of a key that a scalar at this place makes.
  static func key(_ scalar: UInt32, at place: Int) -> Key {
    Key(scalar) << (scalarBits * Key(longestKey - 1 - place))
  }

  static func scalars(_ key: Key, _ count: Int) -> [UInt32] {
    (0..<count).map { UInt32(truncatingIfNeeded: key >> (scalarBits * Key(longestKey - 1 - $0))) & 0x1F_FFFF }
  }

  private struct Node {
    var value: UInt32?
    var children: [(byte: UInt8, node: Int)] = []
  }

  private var nodes: [Node] = []
  /// Nodes by their value, plus 1, and their children, each with its scalar.
  private var known: [[UInt64]: Int] = [:]

  private init() {}

  /// - Parameters:
  ///   - rules: keys of up to ``longestKey`` scalars above 0, ascending, with the numbers of their replacements.
  ///   - values: the replacements.
  static func compile(_ rules: [(key: Key, value: UInt32)], values: [[UInt8]]) -> [UInt8] {
    var offsets = [UInt32](repeating: 0, count: values.count)
    var isUsed = [Bool](repeating: false, count: values.count)
    for rule in rules { isUsed[Int(rule.value)] = true }
    var blob: [UInt8] = []
    let used = values.indices.filter { isUsed[$0] }
    for value in used.sorted(by: { values[$0].lexicographicallyPrecedes(values[$1]) }) {
      offsets[value] = UInt32(blob.count)
      blob += values[value] + [0]
    }
    var writer = CharsMapWriter()
    let root = writer.node(rules.map { (key: $0.key, value: offsets[Int($0.value)]) }[...], 0)
    var array = DoubleArray()
    array.layOut(writer.nodes, root)
    let units = array.finish()
    var out: [UInt8] = []
    out.reserveCapacity(units.count * 4 + 4 + blob.count)
    func append(_ word: UInt32) {
      for shift: UInt32 in [0, 8, 16, 24] { out.append(UInt8(word >> shift & 0xFF)) }
    }
    append(UInt32(units.count * 4))
    for unit in units { append(unit) }
    return out + blob
  }

  /// The node from which these rules go on behind their first `depth` scalars.
  private mutating func node(_ rules: ArraySlice<(key: Key, value: UInt32)>, _ depth: Int) -> Int {
    let shift = Self.scalarBits * Key(max(0, Self.longestKey - 1 - depth))
    func scalar(_ key: Key) -> UInt32 {
      depth == Self.longestKey ? 0 : UInt32(truncatingIfNeeded: key >> shift) & 0x1F_FFFF
    }
    var rest = rules
    var value: UInt32?
    if let first = rest.first, scalar(first.key) == 0 {
      value = first.value
      rest.removeFirst()
    }
    var children: [(bytes: [UInt8], node: Int)] = []
    var signature = [UInt64(value ?? 0) + (value == nil ? 0 : 1)]
    while let first = rest.first.map({ scalar($0.key) }) {
      let end = rest.firstIndex { scalar($0.key) != first } ?? rest.endIndex
      let child = node(rest[..<end], depth + 1)
      children.append((Array(String(Character(Unicode.Scalar(first)!)).utf8), child))
      signature.append(UInt64(first) << 32 | UInt64(child))
      rest = rest[end...]
    }
    if let node = known[signature] { return node }
    let index = bytes(children[...], 0, value)
    known[signature] = index
    return index
  }

  /// A node of the bytes of these children from `depth` on.
  private mutating func bytes(
    _ children: ArraySlice<(bytes: [UInt8], node: Int)>, _ depth: Int, _ value: UInt32?
  ) -> Int {
    var node = Node(value: value)
    var rest = children
    while let first = rest.first {
      let byte = first.bytes[depth]
      let end = rest.firstIndex { $0.bytes[depth] != byte } ?? rest.endIndex
      let next = first.bytes.count == depth + 1 ? first.node : bytes(rest[..<end], depth + 1, nil)
      node.children.append((byte, next))
      rest = rest[end...]
    }
    nodes.append(node)
    return nodes.count - 1
  }

  private struct DoubleArray {
    private var units: [UInt32] = []
    private var isTaken: [Bool] = []
    /// A place that is some node's base already: two nodes there would take each other's children.
    private var isBase: [Bool] = []
    private var firstFree = 1

    mutating func layOut(_ nodes: [Node], _ root: Int) {
      grow()
      isTaken[0] = true
      // SentencePiece 0.2.3 refuses a map whose first unit is its own base.
      isBase[0] = true
      var bases = [Int](repeating: -1, count: nodes.count)
      var pending: [(node: Int, unit: Int)] = [(root, 0)]
      while let (number, unit) = pending.popLast() {
        let node = nodes[number]
        let isLeaf = node.value != nil
        if bases[number] < 0 {
          let base = place((isLeaf ? [0] : []) + node.children.map(\.byte))
          bases[number] = base
          if let value = node.value {
            isTaken[base] = true
            units[base] = value | 1 << 31
          }
          for child in node.children {
            isTaken[base ^ Int(child.byte)] = true
            units[base ^ Int(child.byte)] = UInt32(child.byte)
          }
          for child in node.children.reversed() { pending.append((child.node, base ^ Int(child.byte))) }
        }
        units[unit] |= UInt32(unit ^ bases[number]) << 10 | (isLeaf ? 0x100 : 0)
      }
    }

    private mutating func grow() {
      units += [UInt32](repeating: 0, count: 256)
      isTaken += [Bool](repeating: false, count: 256)
      isBase += [Bool](repeating: false, count: 256)
    }

    /// The first base whose places for these labels are free.
    private mutating func place(_ labels: [UInt8]) -> Int {
      while firstFree < isTaken.count, isTaken[firstFree] { firstFree += 1 }
      // Older blocks have single free places only, which are not worth the search.
      var at = max(firstFree, isTaken.count - 4096)
      while true {
        if at >= isTaken.count { grow() }
        let base = at ^ Int(labels[0])
        if !isTaken[at], !isBase[base], labels.allSatisfy({ !isTaken[base ^ Int($0)] }) {
          isBase[base] = true
          return base
        }
        at += 1
      }
    }

    mutating func finish() -> [UInt32] {
      for block in stride(from: 0, to: units.count, by: 256) {
        let unused = (0..<256).first { !isBase[block + $0] } ?? 0
        for place in 0..<256 where !isTaken[block + place] { units[block + place] = UInt32(place ^ unused) }
      }
      return units
    }
  }
}
