import Tokenizers

/// The default: for each token the first rule that has an answer, from the best measured to the last resort.
///
/// Matching pursuit where a donor has the token, then rows composed from parts and twins; with vectors of texts,
/// tokens that have no twin get TokenAdapt's hybrid instead. Where the vocabulary is too small to learn from: twins, and
/// pieces by their bytes. Reports/transplant.md has the measurements behind the order.
public struct LadderStrategy: TransplantStrategy {
  public static let descriptor = StrategyDescriptor(
    "auto", aliases: ["ladder"],
    summary:
      "omp-centred with a donor, else composed (tokenadapt for tokens without a twin, with --auxiliary)",
    source: "toklab")
  let options: TransplantOptions
  public init(_ options: TransplantOptions) { self.options = options }

  public func recipes(
    for targets: [TokenID], in context: TransplantContext, rows: EmbeddingTable
  ) throws(ToklabError) -> [TokenRecipe?] {
    var rules: [(any TransplantStrategy, (Int) -> Bool)] = []
    if context.donor != nil { rules.append((CentredMatchingPursuit(options), { _ in true })) }
    if context.auxiliary != nil {
      let twins = TwinIndex(context)
      let hasNone = targets.map { twins.twins(of: context.new.texts[Int($0)]).isEmpty }
      rules.append((TokenAdapt(options), { hasNone[$0] }))
    }
    rules += [(ComposedRows(options), { _ in true }), (TwinStrategy(options), { _ in true })]
    var result = [TokenRecipe?](repeating: nil, count: targets.count)
    for (rule, serves) in rules {
      let open = targets.indices.filter { result[$0] == nil && serves($0) }
      guard !open.isEmpty else { continue }
      let answers = try rule.recipes(for: open.map { targets[$0] }, in: context, rows: rows)
      for (place, answer) in zip(open, answers) { result[place] = answer }
    }
    return result
  }
}
