import Glibc

/// Logarithms for scales.
enum Log {
  static func two(_ value: Double) -> Double { log2(value) }
}
