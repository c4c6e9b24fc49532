import Glibc
import Tokenizers

/// Baselines: rows that know nothing of their token.
enum SimpleRows {
  /// The rows of all sources.
  static func all(_ context: TransplantContext, _ rows: EmbeddingTable) -> Matrix {
    rows.matrix(context.sources.map { Int($0) })
  }

  /// Normal numbers for one token: a stream of its own, so that others change nothing.
  static func normals(_ count: Int, seed: UInt64, id: TokenID) -> [Double] {
    var random = SplitMix64(seed: seed, stream: UInt64(id))
    var out: [Double] = []
    while out.count < count {
      // Box and Muller.
      let radius = (-2 * log(1 - random.unitInterval())).squareRoot()
      let angle = 2 * Double.pi * random.unitInterval()
      out.append(radius * cos(angle))
      out.append(radius * sin(angle))
    }
    return Array(out.prefix(count))
  }
}

public struct RowMean: TransplantStrategy {
  public static let descriptor = StrategyDescriptor(
    "row-mean", summary: "the mean of all rows", source: "arcee-ai/mergekit, \"mean\"")
  public init(_ options: TransplantOptions) {}
  public func recipes(
    for targets: [TokenID], in context: TransplantContext, rows: EmbeddingTable
  ) throws(ToklabError) -> [TokenRecipe?] {
    guard !context.sources.isEmpty else { return targets.map { _ in nil } }
    let mean = SimpleRows.all(context, rows).meanRow()
    return targets.map { _ in .vector(mean, method: Self.descriptor.name) }
  }
}

public struct ZeroRows: TransplantStrategy {
  public static let descriptor = StrategyDescriptor(
    "zero", summary: "rows of zeros", source: "arcee-ai/mergekit, \"zero\"")
  public init(_ options: TransplantOptions) {}
  public func recipes(
    for targets: [TokenID], in context: TransplantContext, rows: EmbeddingTable
  ) throws(ToklabError) -> [TokenRecipe?] {
    targets.map { _ in
      .vector([Float](repeating: 0, count: rows.columns), method: Self.descriptor.name)
    }
  }
}

/// Each column of its own mean and deviation.
public struct NormalRows: TransplantStrategy {
  public static let descriptor = StrategyDescriptor(
    "random", summary: "normal numbers with each column's mean and deviation",
    source: "random initialization, as in gucci-j/llm-cva")
  let options: TransplantOptions
  public init(_ options: TransplantOptions) { self.options = options }
  public func recipes(
    for targets: [TokenID], in context: TransplantContext, rows: EmbeddingTable
  ) throws(ToklabError) -> [TokenRecipe?] {
    guard !context.sources.isEmpty else { return targets.map { _ in nil } }
    let all = SimpleRows.all(context, rows)
    let mean = all.meanRow()
    var squares = [Double](repeating: 0, count: all.columns)
    for row in 0..<all.rows {
      for (column, value) in all[row].enumerated() {
        let difference = Double(value) - Double(mean[column])
        squares[column] += difference * difference
      }
    }
    let deviations = squares.map { ($0 / Double(all.rows)).squareRoot() }
    return targets.map { id in
      let normals = SimpleRows.normals(all.columns, seed: options.seed, id: id)
      return .vector(
        normals.indices.map { Float(Double(mean[$0]) + deviations[$0] * normals[$0]) },
        method: Self.descriptor.name)
    }
  }
}

/// N(μ, Σ) of all rows: μ and a sum of the rows themselves with normal weights of variance 1/n, whose covariance is
/// Σ exactly, without a matrix of columns times columns.
public struct GaussianRows: TransplantStrategy {
  public static let descriptor = StrategyDescriptor(
    "gaussian", summary: "normal rows with the mean and covariance of all rows",
    source: "Hewitt, \"Initializing new word embeddings for pretrained language models\" (2021)")
  let options: TransplantOptions
  public init(_ options: TransplantOptions) { self.options = options }
  public func recipes(
    for targets: [TokenID], in context: TransplantContext, rows: EmbeddingTable
  ) throws(ToklabError) -> [TokenRecipe?] {
    guard !context.sources.isEmpty else { return targets.map { _ in nil } }
    let all = SimpleRows.all(context, rows)
    let mean = all.meanRow()
    let blas = try OpenBLAS.open()
    let centred = all.less(mean)
    var out = [TokenRecipe?](repeating: nil, count: targets.count)
    out.withUnsafeMutableBufferPointer { buffer in
      let memory = SharedMemory(base: buffer.baseAddress!)
      Blocks.forEach(targets.count, size: 64, threads: options.threads) { block in
        var sums = [Double](repeating: 0, count: block.count * all.columns)
        let normals = block.map { SimpleRows.normals(all.rows, seed: options.seed, id: targets[$0]) }
        for start in stride(from: 0, to: all.rows, by: 4096) {
          let tile = start..<min(all.rows, start + 4096)
          let left = normals.flatMap { $0[tile] }
          let right = centred.values[tile.lowerBound * all.columns..<tile.upperBound * all.columns].map {
            Double($0)
          }
          blas.product(
            left, transposed: false, right, rows: block.count, columns: all.columns, inner: tile.count,
            scale: 1 / Double(all.rows).squareRoot(), keep: 1, into: &sums)
        }
        for (index, target) in block.enumerated() {
          let row = sums[index * all.columns..<(index + 1) * all.columns]
          memory.base[target] = .vector(
            zip(mean, row).map { Float(Double($0) + $1) }, method: Self.descriptor.name)
        }
      }
    }
    return out
  }
}
