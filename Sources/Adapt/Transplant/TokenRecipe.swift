import Tokenizers

/// How the row of one new token is made from rows of the old matrix.
public struct TokenRecipe: Sendable, Equatable {
  /// Where a recipe comes from, from the surest to the least sure.
  public enum Tier: String, Sendable, Hashable, CaseIterable {
    /// The same bytes; copied.
    case bytes
    /// A special token of the same spelling or role; copied.
    case role
    /// What the user asked for.
    case map
    /// The strategy's own.
    case strategy
    /// No strategy had an answer: the row of a reserved token, copied.
    case reserved
    /// An id without a token: the row of a reserved token, copied.
    case padding
  }

  public var tier: Tier
  /// The name of the strategy that made it; empty for copies.
  public var method: String
  /// The row is the sum of these rows of the old matrix, each times its weight, and of ``offset``.
  public var rows: [(id: TokenID, weight: Double)]
  /// Numbers that are added; empty for none.
  public var offset: [Float]

  public init(
    tier: Tier, method: String = "", rows: [(id: TokenID, weight: Double)], offset: [Float] = []
  ) {
    self.tier = tier
    self.method = method
    self.rows = rows
    self.offset = offset
  }

  public static func == (one: TokenRecipe, other: TokenRecipe) -> Bool {
    one.tier == other.tier && one.method == other.method && one.offset == other.offset
      && one.rows.elementsEqual(other.rows) { $0.id == $1.id && $0.weight == $1.weight }
  }

  static func copy(_ id: TokenID, _ tier: Tier) -> TokenRecipe {
    TokenRecipe(tier: tier, rows: [(id, 1)])
  }

  static func vector(_ numbers: [Float], method: String) -> TokenRecipe {
    TokenRecipe(tier: .strategy, method: method, rows: [], offset: numbers)
  }

  /// The old row that is copied byte for byte, where that is all.
  public var copied: TokenID? { rows.count == 1 && rows[0].weight == 1 && offset.isEmpty ? rows[0].id : nil }

  /// The sum of the weights without their signs.
  public var l1: Double { rows.reduce(0) { $0 + $1.weight.magnitude } }

  /// The row of a matrix that the recipe makes; sums in double precision, in the order of the recipe.
  public func row(of table: EmbeddingTable) -> [Float] {
    var sums = offset.isEmpty ? [Double](repeating: 0, count: table.columns) : offset.map { Double($0) }
    var row = [Float](repeating: 0, count: table.columns)
    for (id, weight) in rows {
      row.withUnsafeMutableBufferPointer { table.decode(row: Int(id), into: $0.baseAddress!) }
      for index in sums.indices { sums[index] += weight * Double(row[index]) }
    }
    return sums.map { Float($0) }
  }

  /// The same weight for each row; a row named twice counts twice.
  static func mean(_ rows: [TokenID], method: String) -> TokenRecipe {
    weighted(rows.map { ($0, 1) }, method: method)
  }

  /// Weights scaled to sum to 1, those of equal rows added; rows of weight 0 are left out.
  static func weighted(_ rows: [(TokenID, Double)], method: String) -> TokenRecipe {
    let total = rows.reduce(0) { $0 + $1.1 }
    precondition(total > 0)
    return sum(rows.map { ($0.0, $0.1 / total) }, method: method)
  }

  /// Weights as they are, those of equal rows added.
  static func sum(_ rows: [(TokenID, Double)], method: String) -> TokenRecipe {
    var sums: [(id: TokenID, weight: Double)] = []
    var places: [TokenID: Int] = [:]
    for (row, weight) in rows where weight != 0 {
      if let place = places[row] {
        sums[place].weight += weight
      } else {
        places[row] = sums.count
        sums.append((row, weight))
      }
    }
    return TokenRecipe(tier: .strategy, method: method, rows: sums)
  }
}
