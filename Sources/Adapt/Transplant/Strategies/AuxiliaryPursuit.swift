import Glibc
import Tokenizers

/// Matching pursuit in the space of an auxiliary model: the vector of a new token's text as a sparse sum of the vectors
/// of old tokens; the same sum of the model's rows is the new row. Needs no donor.
///
/// Vectors have length 1. Sentence-embedding models give many tokens nearly the same vector (uncased ones exactly), so
/// the weights on the chosen tokens are those of a ridge regression, 10⁻³ on the diagonal: without it weights of
/// millions occur.
public struct AuxiliaryPursuit: TransplantStrategy {
  public static let descriptor = StrategyDescriptor(
    "omp-auxiliary", summary: "the text's vector as a sparse sum of old tokens' vectors, with a ridge",
    source: "toklab, after arXiv 2506.06607", needs: ["auxiliary"])
  let options: TransplantOptions
  public init(_ options: TransplantOptions) { self.options = options }

  static let ridge = 1e-3

  public func recipes(
    for targets: [TokenID], in context: TransplantContext, rows: EmbeddingTable
  ) throws(ToklabError) -> [TokenRecipe?] {
    let auxiliary = try context.requiredAuxiliary(Self.descriptor.name)
    let atoms = try auxiliary.vectors(for: context.sources.map { context.old.texts[Int($0)] }).normalized()
    let queries = try auxiliary.vectors(for: targets.map { context.new.texts[Int($0)] }).normalized()
    let solutions = try Pursuit.solve(
      queries, atoms: atoms, sparsity: options.auxiliarySparsity, threads: options.threads)
    let blas = try OpenBLAS.open()
    var result = [TokenRecipe?](repeating: nil, count: targets.count)
    for (place, solution) in solutions.enumerated() where !solution.isEmpty {
      let weights = try Self.weights(queries[place], atoms, solution.map(\.atom), blas)
      result[place] = .sum(
        zip(solution, weights).map { (context.sources[$0.atom], $1) }, method: Self.descriptor.name)
    }
    return result
  }

  /// Ridge regression of a vector on some atoms.
  package static func weights(
    _ query: ArraySlice<Float>, _ atoms: Matrix, _ chosen: [Int], _ blas: OpenBLAS
  ) throws(ToklabError) -> [Double] {
    let size = chosen.count
    func dot(_ one: ArraySlice<Float>, _ other: ArraySlice<Float>) -> Double {
      zip(one, other).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    var square = [Double](repeating: 0, count: size * size)
    for row in 0..<size {
      for column in 0..<size { square[row * size + column] = dot(atoms[chosen[row]], atoms[chosen[column]]) }
      square[row * size + row] += ridge
    }
    return try blas.solvePositive(
      square, size: size, chosen.map { dot(atoms[$0], query) }, columns: 1)
  }
}
