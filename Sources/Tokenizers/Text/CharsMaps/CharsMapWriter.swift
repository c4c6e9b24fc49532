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

  static func key(_ scalars: [UInt32]) -> Key {
    var key: Key = 0
    for (place, scalar) in scalars.enumerated() {
      key |= Key(scalar) << (scalarBits * Key(longestKey - 1 - place))
    }
    return key
  }

  private struct Node {
    var value: UInt32?
    var children: [(byte: UInt8, node: Int)] = []
  }

  private var nodes: [Node] = []
  private var known: [[UInt128]: Int] = [:]

  private init() {}

  /// - Parameter rules: keys of up to ``longestKey`` scalars above 0 with their replacements, ascending.
  static func compile(_ rules: [(key: Key, value: [UInt8])]) -> [UInt8] {
    var offsets: [[UInt8]: UInt32] = [:]
    var blob: [UInt8] = []
    for value in Set(rules.map(\.value)).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      offsets[value] = UInt32(blob.count)
      blob += value + [0]
    }
    var writer = CharsMapWriter()
    let root = writer.node(rules.map { (key: $0.key, value: offsets[$0.value]!) }[...])
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

  /// The node from which these rules go on.
  private mutating func node(_ rules: ArraySlice<(key: Key, value: UInt32)>) -> Int {
    let signature = rules.flatMap { [$0.key, Key($0.value)] }
    if let node = known[signature] { return node }
    var rest = rules
    var value: UInt32?
    if let first = rest.first, first.key == 0 {
      value = first.value
      rest.removeFirst()
    }
    let shift = Self.scalarBits * Key(Self.longestKey - 1)
    var children: [(bytes: [UInt8], node: Int)] = []
    while let scalar = rest.first.map({ $0.key >> shift }) {
      let end = rest.firstIndex { $0.key >> shift != scalar } ?? rest.endIndex
      let tails = rest[..<end].map {
        (key: ($0.key & ((1 << shift) - 1)) << Self.scalarBits, value: $0.value)
      }
      children.append((Array(String(Character(Unicode.Scalar(UInt32(scalar))!)).utf8), node(tails[...])))
      rest = rest[end...]
    }
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
