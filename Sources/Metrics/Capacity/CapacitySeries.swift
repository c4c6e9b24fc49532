import Glibc

/// Information capacity of several models by series, with the bias that suits them: `gain = IC · log₂ N − b` as a line
/// through each series, and one b for all series together (``CapacityBias``).
public struct CapacitySeries: Metric {
  public struct Model: Sendable, Hashable {
    public var series: String
    public var name: String
    /// Operations of 1,024 tokens.
    public var operations: Double
    public var bitsPerToken: Double
    public var crossEntropyBits: Double

    public init(
      series: String, name: String, operations: Double, bitsPerToken: Double, crossEntropyBits: Double
    ) {
      self.series = series
      self.name = name
      self.operations = operations
      self.bitsPerToken = bitsPerToken
      self.crossEntropyBits = crossEntropyBits
    }

    var point: CapacityBias.Model {
      CapacityBias.Model(
        logOperations: log2(operations / Double(InferenceFLOPs.tokens)), gain: bitsPerToken - crossEntropyBits
      )
    }
  }

  public init() {}

  public static let family = "bias"

  /// Reads a table with the columns `series`, `model`, `inference_flops`, `bits_per_token` and
  /// `cross_entropy_bits`, by commas or tabs.
  ///
  /// - Throws: ``ToklabError`` with the line of a number that is none or out of range; a missing column; no models.
  public static func models(_ text: TextLines) throws(ToklabError) -> [Model] {
    let table = try HeadedTable(text)
    func column(_ name: String) throws(ToklabError) -> Int {
      guard let place = table.column(name) else {
        throw ToklabError(
          at: .line(1), "no column \(name)",
          expected: "series, model, inference_flops, bits_per_token and cross_entropy_bits")
      }
      return place
    }
    let (series, name) = (try column("series"), try column("model"))
    let numbers = [
      try column("inference_flops"), try column("bits_per_token"), try column("cross_entropy_bits"),
    ]
    guard !table.rows.isEmpty else { throw ToklabError("no models in this table") }
    return try table.rows.map { row throws(ToklabError) in
      var values: [Double] = []
      for (place, least) in zip(numbers, [2048.0, 0, 0]) {
        let cell = String(decoding: row.cells[place], as: UTF8.self)
        guard let value = Double(cell), value.isFinite, value >= least else {
          throw ToklabError(
            at: .line(row.line), "\(table.columns[place]) \"\(cell)\"",
            expected: "a number of at least \(Int(least))")
        }
        values.append(value)
      }
      return Model(
        series: String(decoding: row.cells[series], as: UTF8.self),
        name: String(decoding: row.cells[name], as: UTF8.self), operations: values[0],
        bitsPerToken: values[1],
        crossEntropyBits: values[2])
    }
  }

  /// Series in bytewise order, then the models in the order given.
  public func measure(_ input: [Model]) throws(ToklabError) -> MetricReport {
    let names = Set(input.map(\.series)).sorted { InputFolder.bytewiseLess($0, $1) }
    let groups = names.map { name in input.filter { TokenPremium.same($0.series, name) } }
    let identity = TokenizerIdentity("models")
    var report = MetricReport()
    for (name, group) in zip(names, groups) {
      let line = CapacityBias.line(group.map(\.point))
      let few = "\(name): needs two models or more of different size"
      report.results += [
        Self.descriptors[0].result(
          identity, language: name, value: line?.capacity, n: group.count, reason: few),
        Self.descriptors[1].result(identity, language: name, value: line?.bias, n: group.count, reason: few),
      ]
    }
    let shared = CapacityBias.shared(groups.map { $0.map(\.point) })
    let none = "no series has two models of different size"
    report.results.append(
      Self.descriptors[2].result(identity, language: nil, value: shared, n: input.count, reason: none))
    for model in input {
      let value = shared.flatMap {
        InformationCapacity.value(
          textBits: model.bitsPerToken, entropyBits: model.crossEntropyBits,
          flopsPerToken: model.operations / Double(InferenceFLOPs.tokens), bias: $0)
      }
      report.results.append(
        Self.descriptors[3].result(identity, language: model.name, value: value, n: 1, reason: none))
    }
    return report
  }

  private static func descriptor(_ name: String, _ unit: String, _ definition: String) -> MetricDescriptor {
    MetricDescriptor(
      name, unit: unit, direction: .none, estimator: .model, encodeMode: .none, definition: definition,
      requirements: ["information capacity of several models"],
      source: "after arXiv 2511.08066, which states the aim and not the method")
  }

  public static let descriptors: [MetricDescriptor] = [
    descriptor(
      "series_capacity", "bits per log2 operation",
      "slope of bits_per_token − cross_entropy_bits on log2 of the operations a token within one series, which stands in the language column"
    ),
    descriptor("series_bias", "bits", "the bias of that line: minus its intercept"),
    descriptor(
      "shared_bias", "bits",
      "the one bias that leaves the least variance of information capacity within all series"),
    descriptor(
      "capacity_at_shared_bias", "bits per log2 operation",
      "information capacity of the model that stands in the language column, with shared_bias"),
  ]

  /// Two models of 2²⁰ and 2³⁰ operations a token with gains 26 and 28: slope 0.2, intercept 22. At b = −22 both have
  /// 4/20 = 6/30 = 0.2. A series of one model has no line, and takes the shared bias.
  public static var workedExample: WorkedExample<CapacitySeries> {
    func model(_ series: String, _ name: String, _ exponent: Int, _ gain: Double) -> Model {
      Model(
        series: series, name: name, operations: 1024 * Double(1 << exponent), bitsPerToken: gain + 3,
        crossEntropyBits: 3)
    }
    return WorkedExample(
      CapacitySeries(),
      on: [model("A", "small", 20, 26), model("A", "large", 30, 28), model("B", "one", 10, 23)],
      gives: [
        .init("series_capacity", "A", 0.2), .init("series_bias", "A", -22), .init("series_bias", "B", nil),
        .init("shared_bias", nil, -22), .init("capacity_at_shared_bias", "small", 0.2),
        .init("capacity_at_shared_bias", "one", 0.1),
      ])
  }
}
