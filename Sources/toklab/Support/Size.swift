import ArgumentParser

/// A SIZE on the command line: a whole number that may end in k (× 1,000), Ki (× 1,024), M, Mi, G or Gi.
struct Size: ExpressibleByArgument, Sendable, Hashable {
  let value: Int

  init(_ value: Int) { self.value = value }

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    let factor: Int
    switch argument.dropFirst(digits.count) {
    case "": factor = 1
    case "k", "K": factor = 1000
    case "Ki", "ki": factor = 1 << 10
    case "M": factor = 1_000_000
    case "Mi": factor = 1 << 20
    case "G": factor = 1_000_000_000
    case "Gi": factor = 1 << 30
    default: return nil
    }
    guard let number = Int(digits) else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    guard !overflow else { return nil }
    value = product
  }

  var defaultValueDescription: String { String(value) }
}

/// A comma-separated list of SIZEs.
struct SizeList: ExpressibleByArgument, Sendable {
  let values: [Int]

  init?(argument: String) {
    var values: [Int] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let size = Size(argument: String(part)) else { return nil }
      values.append(size.value)
    }
    guard !values.isEmpty else { return nil }
    self.values = values
  }
}
