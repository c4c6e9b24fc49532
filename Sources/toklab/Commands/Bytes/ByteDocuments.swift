import Adapt
import Glibc
import Tokenizers

/// How results of byte models stand in JSON and tables.
enum ByteDocuments {
  static func exactness(_ exactness: Exactness) -> JSON {
    .object([("kind", .string(exactness.kind)), ("bound", .number(exactness.bound))])
  }

  /// `exact`, or the kind with its bound.
  static func text(_ exactness: Exactness) -> String {
    switch exactness {
    case .exact: "exact"
    case .bounded(let bound): "bounded, within \(scientific(bound)) in total variation"
    case .lowerBound: "lower bound"
    }
  }

  /// Two digits and a power of ten: for bounds, whose size alone matters.
  static func scientific(_ value: Double) -> String {
    guard value > 0, value < 0.01 else { return Numbers.fixed(value, 4) }
    var exponent = 0
    var mantissa = value
    while mantissa < 1 {
      mantissa *= 10
      exponent -= 1
    }
    return "\(Numbers.fixed(mantissa, 1))e\(exponent)"
  }

  /// What stands in every document: quantity, exactness, work done.
  static func head(_ model: ByteModel, _ exactness: Exactness) -> [(String, JSON)] {
    [
      ("quantity", .string(model.options.quantity.rawValue)), ("exactness", Self.exactness(exactness)),
      ("contexts", .int(model.model.contextsEvaluated)),
      ("tokens_decoded", .int(model.model.tokensDecoded)),
    ]
  }

  static func probability(_ log: Double) -> [(String, JSON)] {
    [
      ("probability", .number(exp(log))), ("log_probability", log > -.infinity ? .number(log) : .null),
    ]
  }

  /// The 256 bytes, the end and special tokens.
  static func distribution(_ distribution: ByteDistribution) -> [(String, JSON)] {
    [
      (
        "bytes",
        .array(
          (0...255).map { byte in
            .object([("byte", .int(byte))] + probability(distribution.log(UInt8(byte))))
          })
      ),
      ("end", .object(probability(distribution.logEnd))),
      ("special", .object([("probability", .number(distribution.specialProbability))])),
    ]
  }

  /// The most probable bytes, the end and special tokens, as a table.
  static func table(_ distribution: ByteDistribution, top: Int) -> Table {
    var table = Table([.init("byte"), .init("text"), .init("probability", .right), .init("bits", .right)])
    func append(_ byte: String, _ text: String, _ log: Double) {
      table.append([
        byte, text, Numbers.fixed(exp(log), 6),
        log > -.infinity ? Numbers.fixed(-log / 0.693147180559945309, 3) : "n/a",
      ])
    }
    for byte in distribution.ranked.prefix(top) where distribution.log(byte) > -.infinity {
      let digits = String(byte, radix: 16)
      append((digits.count < 2 ? "0" : "") + digits, ByteEscape.string([byte]), distribution.log(byte))
    }
    append("end", "", distribution.logEnd)
    if distribution.logSpecial > -.infinity { append("special", "", distribution.logSpecial) }
    return table
  }
}
