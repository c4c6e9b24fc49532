/// Cuts each text into chunks of random length: the pre-tokenization of supertoken training.
///
/// A chunk's length in characters is drawn from a table of ranges: a range by its weight, then a length in it,
/// all alike; what is left of the text bounds both ends. The draws follow from the seed and the text's own
/// bytes, so that neither threads nor other lines change them.
///
/// Source: TokenAdapt (arXiv 2505.09738), Tinycompany-AI/SuperTokenizer `helper.py`, which draws from one global
/// generator and marks chunks by a separator that it inserts.
public struct SupertokenChunker: PreTokenizer {
  public struct Table: Sendable, Hashable {
    public struct Row: Sendable, Hashable {
      public var lengths: ClosedRange<Int>
      public var weight: Double
    }
    public private(set) var rows: [Row]

    /// - Throws: ``ToklabError`` for lengths below 1, ranges upside down, or weights without a positive sum.
    public init(_ rows: [Row]) throws(ToklabError) {
      guard !rows.isEmpty,
        rows.allSatisfy({ $0.weight >= 0 && $0.weight.isFinite && $0.lengths.lowerBound > 0 }),
        rows.contains(where: { $0.weight > 0 })
      else {
        throw ToklabError(
          "a table of chunk lengths without a positive weight",
          expected: "ranges of lengths from 1 with weights of 0 or more")
      }
      self.rows = rows
    }

    /// `4-5=0.044,6-7=0.091,…`; a single length stands for itself.
    ///
    /// - Throws: ``ToklabError`` with the entry that does not read.
    public init(parsing text: String) throws(ToklabError) {
      var rows: [Row] = []
      for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
        let sides = entry.split(separator: "=", omittingEmptySubsequences: false)
        let ends = (sides.first ?? "").split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard sides.count == 2, let weight = Double(sides[1]), let low = ends.first ?? nil,
          let high = ends.last ?? nil, ends.count <= 2, low > 0, high >= low, high <= 1_000_000
        else {
          throw ToklabError(
            "\"\(entry)\" in a table of chunk lengths", expected: "FIRST-LAST=WEIGHT, such as 4-5=0.044")
        }
        rows.append(Row(lengths: low...high, weight: weight))
      }
      try self.init(rows)
    }

    /// The published bell of 4 to 23 characters. It says that its shares add to 1; they add to 1.1, which the
    /// program that publishes it refuses. Here they are weights: each is divided by their sum.
    public static let published = Table(
      bell: [0.044, 0.091, 0.146, 0.171, 0.185, 0.171, 0.146, 0.091, 0.044, 0.011])

    private init(bell: [Double]) {
      rows = bell.enumerated().map { Row(lengths: 4 + 2 * $0...5 + 2 * $0, weight: $1) }
    }

    /// As ``init(parsing:)`` reads it.
    public var description: String {
      rows.map { "\($0.lengths.lowerBound)-\($0.lengths.upperBound)=\($0.weight)" }.joined(separator: ",")
    }
  }

  public let table: Table
  public let seed: UInt64

  public init(_ table: Table = .published, seed: UInt64 = 0) {
    self.table = table
    self.seed = seed
  }

  public func makeScanner() -> any PreTokenScanner { Scanner(table, seed) }

  /// Never: where a text is cut depends on its beginning.
  public func cut(_ text: UnsafeBufferPointer<UInt8>, from lowerBound: Int, to upperBound: Int) -> Int? {
    nil
  }

  private final class Scanner: PreTokenScanner {
    private let rows: [Table.Row]
    private let total: Double
    private let shortest: Int
    private let seed: UInt64
    private var random = SplitMix64(seed: 0)
    private var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    private var position = 0
    private var left = 0

    init(_ table: Table, _ seed: UInt64) {
      rows = table.rows
      total = rows.reduce(0) { $0 + $1.weight }
      shortest = rows.map(\.lengths.lowerBound).min()!
      self.seed = seed
    }

    func begin(_ text: UnsafeBufferPointer<UInt8>) {
      self.text = text
      position = 0
      // Continuation bytes begin no character.
      left = text.reduce(0) { $0 + ($1 & 0xC0 != 0x80 ? 1 : 0) }
      // FNV-1a; the seed comes first.
      var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ seed
      for byte in text { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
      random = SplitMix64(seed: hash)
    }

    func fill(_ ends: UnsafeMutableBufferPointer<Int>) -> Int {
      var filled = 0
      while filled < ends.count, position < text.count {
        var characters = draw()
        left -= characters
        while characters > 0, position < text.count {
          position += 1
          while position < text.count, text[position] & 0xC0 == 0x80 { position += 1 }
          characters -= 1
        }
        if left <= 0 { position = text.count }
        ends[filled] = position
        filled += 1
      }
      return filled
    }

    private func draw() -> Int {
      if left < shortest { return max(1, left) }
      var rest = random.unitInterval() * total
      var row = rows[rows.count - 1].lengths
      for candidate in rows {
        rest -= candidate.weight
        if rest < 0 {
          row = candidate.lengths
          break
        }
      }
      let (low, high) = (min(row.lowerBound, left), min(row.upperBound, left))
      return low + random.below(high - low + 1)
    }
  }
}
