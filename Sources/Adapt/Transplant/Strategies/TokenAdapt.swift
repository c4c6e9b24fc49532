import Glibc
import Tokenizers

/// TokenAdapt's hybrid of a local and a global estimate (arXiv 2505.09738, section 3; defaults of
/// Tinycompany-AI/tokenadapt).
///
/// Local: pieces of the token's text, weighted by the similarity of their vectors with the token's and by their
/// share of its code points. Global: the nearest old tokens in the space of the vectors. The variants differ in what
/// ``Formula`` says. Text compared is that of the bytes, where the program decodes strings.
public struct TokenAdapt: TransplantStrategy {
  public static let descriptor = StrategyDescriptor(
    "tokenadapt", summary: "pieces weighted by meaning and length, and the nearest tokens in meaning",
    source: "TokenAdapt (arXiv 2505.09738)", needs: ["auxiliary"])
  let options: TransplantOptions
  public init(_ options: TransplantOptions) { self.options = options }

  public func recipes(
    for targets: [TokenID], in context: TransplantContext, rows: EmbeddingTable
  ) throws(ToklabError) -> [TokenRecipe?] {
    try estimate(targets, context, globalWeight: options.globalWeight, method: Self.descriptor.name)
  }

  /// - Parameter globalWeight: w_g; 0 asks for the local estimate alone, 1 for the global one.
  func estimate(
    _ targets: [TokenID], _ context: TransplantContext, globalWeight: Double, method: String
  ) throws(ToklabError) -> [TokenRecipe?] {
    let auxiliary = try context.requiredAuxiliary(method)
    let oldVectors = try auxiliary.vectors(for: context.sources.map { context.old.texts[Int($0)] })
      .normalized()
    let newVectors = try auxiliary.vectors(for: targets.map { context.new.texts[Int($0)] }).normalized()
    var places: [TokenID: Int] = [:]
    for (place, id) in context.sources.enumerated() { places[id] = place }
    let nearest =
      globalWeight == 0
      ? nil
      : try NearestNeighbors.search(
        newVectors, in: oldVectors, count: options.neighbors, threads: options.threads)
    var result: [TokenRecipe?] = []
    for (index, id) in targets.enumerated() {
      var local: [(TokenID, Double)] = []
      if globalWeight < 1, let pieces = try context.pieces(ofNew: id) {
        let similarities = pieces.map { piece in
          var sum = 0.0
          for (a, b) in zip(newVectors[index], oldVectors[places[piece]!]) { sum += Double(a) * Double(b) }
          return sum
        }
        let length = Self.codePoints(context.new.texts[Int(id)])
        let shares = pieces.map {
          Double(Self.codePoints(context.old.texts[Int($0)])) / Double(max(1, length))
        }
        local = Array(zip(pieces, Formula.local(similarities, shares, options)))
      }
      var global: [(TokenID, Double)] = []
      if let nearest = nearest?[index] {
        let weights = Formula.global(nearest.map { Double($0.similarity) }, options)
        global = zip(nearest, weights).map { (context.sources[$0.row], $1) }.filter { $0.1 != 0 }
      }
      let rows: [(TokenID, Double)]
      if !local.isEmpty, !global.isEmpty {
        rows = local.map { ($0.0, $0.1 * (1 - globalWeight)) } + global.map { ($0.0, $0.1 * globalWeight) }
      } else {
        rows = local + global
      }
      result.append(rows.isEmpty ? nil : .sum(rows, method: method))
    }
    return result
  }

  /// The number of code points; bytes that are part of none count by where a code point would begin.
  static func codePoints(_ text: [UInt8]) -> Int {
    text.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
  }

  /// The formulas, in double precision.
  package enum Formula {
    static func softmax(_ values: [Double]) -> [Double] {
      guard let largest = values.max() else { return [] }
      let powers = values.map { exp($0 - largest) }
      let sum = powers.reduce(0, +)
      return powers.map { $0 / sum }
    }

    /// The program divides by τ + 10⁻⁵, the paper by τ.
    static func temperature(_ options: TransplantOptions) -> Double {
      options.variant == .paper ? options.temperature : options.temperature + 1e-5
    }

    /// Weights of pieces: softmax of the mean of softmax(α) and λ (equations 1 and 2). The fork
    /// (aloobun/tokenadapt) takes α itself in place of its softmax.
    package static func local(
      _ similarities: [Double], _ shares: [Double], _ options: TransplantOptions
    ) -> [Double] {
      let inner = options.variant == .fork ? similarities : softmax(similarities)
      return softmax(zip(inner, shares).map { ($0 + $1) / 2 / temperature(options) })
    }

    /// Weights of neighbours (equations 3 and 4): those below θ become 0 and the rest is scaled to 1; all 0 when none
    /// is left. In the fork θ is a bound on the similarities.
    package static func global(_ similarities: [Double], _ options: TransplantOptions) -> [Double] {
      guard options.variant != .fork else {
        let kept = similarities.filter { $0 >= options.threshold }
        var weights = softmax(kept.map { $0 / temperature(options) })[...]
        return similarities.map { $0 >= options.threshold ? weights.removeFirst() : 0 }
      }
      let weights = softmax(similarities.map { $0 / temperature(options) })
        .map { $0 < options.threshold ? 0 : $0 }
      let sum = weights.reduce(0, +)
      return sum == 0 ? weights : weights.map { $0 / sum }
    }
  }
}

/// The global estimate of ``TokenAdapt`` alone.
public struct TokenAdaptGlobal: TransplantStrategy {
  public static let descriptor = StrategyDescriptor(
    "tokenadapt-global", summary: "the nearest old tokens in meaning, by softmax",
    source: "TokenAdapt (arXiv 2505.09738), section 3.2", needs: ["auxiliary"])
  let options: TransplantOptions
  public init(_ options: TransplantOptions) { self.options = options }

  public func recipes(
    for targets: [TokenID], in context: TransplantContext, rows: EmbeddingTable
  ) throws(ToklabError) -> [TokenRecipe?] {
    try TokenAdapt(options).estimate(targets, context, globalWeight: 1, method: Self.descriptor.name)
  }
}
