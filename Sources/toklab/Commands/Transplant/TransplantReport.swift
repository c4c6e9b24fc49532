import Adapt
import Tokenizers

/// Where each row of a plan comes from.
struct TransplantReport {
  let plan: TransplantPlan

  init(_ plan: TransplantPlan) { self.plan = plan }

  private struct Row {
    var id: Int
    var bytes: String
    var recipe: TokenRecipe
    /// The row's length by the mean length of the old rows; nil where those are all zero.
    var normRatio: Double?
  }

  private func rows() -> [Row] {
    let table = plan.model.input
    func length(_ row: [Float]) -> Double {
      row.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
    let lengths = (0..<table.rows).map { length(table.row($0)) }
    let mean = lengths.reduce(0, +) / Double(lengths.count)
    return plan.input.enumerated().map { id, recipe in
      let own = recipe.copied.map { lengths[Int($0)] } ?? length(recipe.row(of: table))
      return Row(
        id: id, bytes: id < plan.new.count ? ByteEscape.string(plan.new.texts[id]) : "", recipe: recipe,
        normRatio: mean > 0 ? own / mean : nil)
    }
  }

  func write(_ shared: SharedOptions, _ timing: Timing) throws {
    let output = Output.standard()
    if shared.json {
      let rows = rows().map { row in
        JSON.object([
          ("id", .int(row.id)), ("bytes", .string(row.bytes)), ("tier", .string(row.recipe.tier.rawValue)),
          ("method", .string(row.recipe.method)),
          ("sources", .array(row.recipe.rows.map { .int(Int($0.id)) })),
          ("weights", .array(row.recipe.rows.map { .number($0.weight) })), ("l1", .number(row.recipe.l1)),
          ("norm_ratio", .number(row.normRatio)),
        ])
      }
      let members: [(String, JSON)] = [
        ("rows_before", .int(plan.model.rows)), ("rows_after", .int(plan.rows)),
        ("tiers", .object(plan.tiers.map { ($0.tier.rawValue, .int($0.count)) })),
        ("warnings", .strings(plan.warnings)), ("rows", .array(rows)),
      ]
      try output.write(Document.make("transplant.report", members, Provenance(shared), timing).document())
    } else {
      try output.line("id\tbytes\ttier\tmethod\tl1\tnorm_ratio\tsources")
      for row in rows() {
        let sources = row.recipe.rows.prefix(8).map { "\($0.id)*\(Numbers.fixed($0.weight, 4))" }
        let more = row.recipe.rows.count > 8 ? " …" : ""
        try output.line(
          "\(row.id)\t\(row.bytes)\t\(row.recipe.tier.rawValue)\t\(row.recipe.method)\t"
            + "\(Numbers.fixed(row.recipe.l1, 4))\t\(row.normRatio.map { Numbers.fixed($0, 4) } ?? "–")\t"
            + sources.joined(separator: " ") + more)
      }
    }
    try output.flush()
  }
}
