import Tokenizers

/// A map from the donor's space to the model's, fitted on the shared tokens, applied to the donor's rows of the new
/// ones. Rows are given as numbers: they have no sources.
enum FittedMap {
  /// - Parameter fit: the matrix (donor columns × own columns) from Aᵀ·A and Aᵀ·B.
  static func recipes(
    _ targets: [TokenID], _ context: TransplantContext, _ rows: EmbeddingTable, _ method: String,
    needsSquare: Bool,
    _ fit: (OpenBLAS, _ square: [Double], _ cross: [Double]) throws(ToklabError) -> [Double]
  ) throws(ToklabError) -> [TokenRecipe?] {
    let donor = try context.requiredDonor(method)
    let blas = try OpenBLAS.open()
    let (places, queries) = DonorRows.targets(targets, context, donor.rows, donor.table)
    let (from, to) = (donor.rows.columns, rows.columns)
    var square = [Double](repeating: 0, count: needsSquare ? from * from : 0)
    var cross = [Double](repeating: 0, count: from * to)
    // In tiles: as doubles all rows would take twice their memory.
    for start in stride(from: 0, to: donor.pairs.count, by: 1024) {
      let pairs = donor.pairs[start..<min(donor.pairs.count, start + 1024)]
      let a = donor.rows.matrix(pairs.map { Int($0.1) }).values.map { Double($0) }
      let b = rows.matrix(pairs.map { Int($0.0) }).values.map { Double($0) }
      blas.product(a, transposed: true, b, rows: from, columns: to, inner: pairs.count, keep: 1, into: &cross)
      if needsSquare {
        blas.product(
          a, transposed: true, a, rows: from, columns: from, inner: pairs.count, keep: 1, into: &square)
      }
    }
    let map = try fit(blas, square, cross)
    var result = [TokenRecipe?](repeating: nil, count: targets.count)
    for start in stride(from: 0, to: places.count, by: 1024) {
      let block = start..<min(places.count, start + 1024)
      let left = queries.values[block.lowerBound * from..<block.upperBound * from].map { Double($0) }
      var out = [Double](repeating: 0, count: block.count * to)
      blas.product(left, transposed: false, map, rows: block.count, columns: to, inner: from, into: &out)
      for index in block {
        let row = out[(index - start) * to..<(index - start + 1) * to]
        result[places[index]] = .vector(row.map { Float($0) }, method: method)
      }
    }
    return result
  }
}

/// The rotation (with zeros for missing dimensions) that brings the donor's shared rows nearest to the model's.
public struct ProcrustesMap: TransplantStrategy {
  public static let descriptor = StrategyDescriptor(
    "procrustes", summary: "the donor's rows, rotated onto the shared tokens",
    source: "SAVA (Moroni et al., 2025); Schönemann, Psychometrika 31 (1966)", needs: ["donor"])
  public init(_ options: TransplantOptions) {}

  public func recipes(
    for targets: [TokenID], in context: TransplantContext, rows: EmbeddingTable
  ) throws(ToklabError) -> [TokenRecipe?] {
    try FittedMap.recipes(targets, context, rows, Self.descriptor.name, needsSquare: false) {
      (blas, _, cross) throws(ToklabError) in
      try blas.polarFactor(cross, rows: cross.count / rows.columns, columns: rows.columns)
    }
  }
}

/// The linear map with the least squared error on the shared tokens; a millionth of the mean squared length is added
/// on the diagonal, so that one exists.
public struct LinearMap: TransplantStrategy {
  public static let descriptor = StrategyDescriptor(
    "linear", summary: "the donor's rows through the least-squares map on the shared tokens",
    source: "SAVA (Moroni et al., 2025)", needs: ["donor"])
  public init(_ options: TransplantOptions) {}

  public func recipes(
    for targets: [TokenID], in context: TransplantContext, rows: EmbeddingTable
  ) throws(ToklabError) -> [TokenRecipe?] {
    try FittedMap.recipes(targets, context, rows, Self.descriptor.name, needsSquare: true) {
      (blas, square, cross) throws(ToklabError) in
      let size = cross.count / rows.columns
      var ridged = square
      var trace = 0.0
      for index in 0..<size { trace += square[index * size + index] }
      for index in 0..<size { ridged[index * size + index] += 1e-6 * trace / Double(size) }
      return try blas.solvePositive(ridged, size: size, cross, columns: rows.columns)
    }
  }
}
