import Glibc
import Tokenizers

/// FOCUS: the sparsest distribution over all shared tokens by the similarity of their vectors.
public struct FocusStrategy: TransplantStrategy {
  public static let descriptor = StrategyDescriptor(
    "focus", summary: "sparsemax over the similarities with all shared tokens",
    source: "FOCUS (arXiv 2305.14481)", needs: ["auxiliary"])
  let options: TransplantOptions
  public init(_ options: TransplantOptions) { self.options = options }

  public func recipes(
    for targets: [TokenID], in context: TransplantContext, rows: EmbeddingTable
  ) throws(ToklabError) -> [TokenRecipe?] {
    let auxiliary = try context.requiredAuxiliary(Self.descriptor.name)
    let shared = Array(Set(context.shared.compactMap { $0 })).sorted()
    guard !shared.isEmpty else { return targets.map { _ in nil } }
    let anchors = try auxiliary.vectors(for: shared.map { context.old.texts[Int($0)] }).normalized()
    let queries = try auxiliary.vectors(for: targets.map { context.new.texts[Int($0)] }).normalized()
    let blas = try OpenBLAS.open()
    var result = [TokenRecipe?](repeating: nil, count: targets.count)
    // Only similarities above the largest less 1 can have a weight.
    var kept = [[(row: Int, value: Double)]](repeating: [], count: targets.count)
    kept.withUnsafeMutableBufferPointer { buffer in
      let memory = SharedMemory(base: buffer.baseAddress!)
      NearestNeighbors.forEachTile(queries, anchors, blas, options.threads) { (queries, tile, products) in
        for query in queries {
          let row = products + (query - queries.lowerBound) * tile.count
          var largest = memory.base[query].map(\.value).max() ?? -.infinity
          for offset in 0..<tile.count where Double(row[offset]) > largest - 1 {
            memory.base[query].append((tile.lowerBound + offset, Double(row[offset])))
            largest = max(largest, Double(row[offset]))
          }
          memory.base[query].removeAll { $0.value <= largest - 1 }
        }
      }
    }
    for index in targets.indices where !queries[index].allSatisfy({ $0 == 0 }) {
      let weights = Sparsemax.project(kept[index].map(\.value))
      let rows = zip(kept[index], weights).filter { $0.1 > 0 }.map { (shared[$0.row], $1) }
      if !rows.isEmpty { result[index] = .weighted(rows, method: Self.descriptor.name) }
    }
    return result
  }
}

/// The Euclidean projection onto the probability simplex (Martins and Astudillo, arXiv 1602.02068).
package enum Sparsemax {
  package static func project(_ values: [Double]) -> [Double] {
    var sum = 0.0
    var threshold = 0.0
    for (index, value) in values.sorted(by: >).enumerated() {
      sum += value
      let candidate = (sum - 1) / Double(index + 1)
      guard value > candidate else { break }
      threshold = candidate
    }
    return values.map { max(0, $0 - threshold) }
  }
}

/// WECHSEL's rule: the ten nearest old tokens by softmax at temperature 0.1.
///
/// The original aligns two sets of static word vectors; here both sides have vectors of one space.
public struct WechselStrategy: TransplantStrategy {
  public static let descriptor = StrategyDescriptor(
    "wechsel", summary: "the 10 nearest old tokens by softmax at temperature 0.1",
    source: "WECHSEL (arXiv 2112.06598)", needs: ["auxiliary"])
  let options: TransplantOptions
  public init(_ options: TransplantOptions) { self.options = options }

  public func recipes(
    for targets: [TokenID], in context: TransplantContext, rows: EmbeddingTable
  ) throws(ToklabError) -> [TokenRecipe?] {
    let auxiliary = try context.requiredAuxiliary(Self.descriptor.name)
    let table = try auxiliary.vectors(for: context.sources.map { context.old.texts[Int($0)] }).normalized()
    let queries = try auxiliary.vectors(for: targets.map { context.new.texts[Int($0)] }).normalized()
    let found = try NearestNeighbors.search(queries, in: table, count: 10, threads: options.threads)
    return targets.indices.map { index in
      guard !queries[index].allSatisfy({ $0 == 0 }) else { return nil }
      let weights = TokenAdapt.Formula.softmax(found[index].map { Double($0.similarity) / 0.1 })
      return .weighted(
        zip(found[index], weights).map { (context.sources[$0.row], $1) }, method: Self.descriptor.name)
    }
  }
}

/// CLP-Transfer: all shared tokens, weighted by the cosine of their rows in the donor.
///
/// Every shared token has a weight, so the row is given as numbers and the recipe names no sources.
public struct CrossLingualStrategy: TransplantStrategy {
  public static let descriptor = StrategyDescriptor(
    "clp", summary: "all shared tokens by the cosine of their donor rows",
    source: "CLP-Transfer (arXiv 2301.09626)", needs: ["donor"])
  let options: TransplantOptions
  public init(_ options: TransplantOptions) { self.options = options }

  public func recipes(
    for targets: [TokenID], in context: TransplantContext, rows: EmbeddingTable
  ) throws(ToklabError) -> [TokenRecipe?] {
    let donor = try context.requiredDonor(Self.descriptor.name)
    let (known, queries) = DonorRows.targets(targets, context, donor.rows, donor.table)
    let anchors = donor.rows.matrix(donor.pairs.map { Int($0.1) }).normalized()
    let base = rows.matrix(donor.pairs.map { Int($0.0) })
    let unit = queries.normalized()
    let blas = try OpenBLAS.open()
    let width = rows.columns
    var sums = [Double](repeating: 0, count: known.count * (width + 1))
    sums.withUnsafeMutableBufferPointer { buffer in
      let memory = SharedMemory(base: buffer.baseAddress!)
      NearestNeighbors.forEachTile(unit, anchors, blas, options.threads) { (queries, tile, products) in
        let count = queries.count
        // Cosines in double precision times the base rows of the tile, and the sum of the cosines.
        var cosines = [Double](repeating: 0, count: count * tile.count)
        for index in cosines.indices { cosines[index] = Double(products[index]) }
        var right = [Double](repeating: 1, count: tile.count * (width + 1))
        for row in 0..<tile.count {
          for column in 0..<width {
            right[row * (width + 1) + column] = Double(base.values[(tile.lowerBound + row) * width + column])
          }
        }
        blas.product(
          cosines, transposed: false, right, rows: count, columns: width + 1, inner: tile.count, keep: 1,
          into: memory.base + queries.lowerBound * (width + 1))
      }
    }
    var result = [TokenRecipe?](repeating: nil, count: targets.count)
    for (index, place) in known.enumerated() {
      let row = sums[index * (width + 1)..<(index + 1) * (width + 1)]
      guard row.last! > 1e-6 else { continue }
      result[place] = .vector(row.dropLast().map { Float($0 / row.last!) }, method: Self.descriptor.name)
    }
    return result
  }
}

/// The donor's rows of new tokens.
enum DonorRows {
  /// Which targets the donor has, by their place, and their rows.
  static func targets(
    _ targets: [TokenID], _ context: TransplantContext, _ rows: EmbeddingTable, _ table: TokenTable
  ) -> (places: [Int], rows: Matrix) {
    var places: [Int] = []
    var ids: [Int] = []
    for (place, id) in targets.enumerated() {
      guard let match = table.match(id, of: context.new), Int(match) < rows.rows else { continue }
      places.append(place)
      ids.append(Int(match))
    }
    return (places, rows.matrix(ids))
  }
}
