import Glibc

/// The logarithm of a probability; of 0 it is `-.infinity`.
enum NaturalLogarithm {
  @inline(__always)
  static func of(_ probability: Double) -> Double { probability > 0 ? log(probability) : -.infinity }
}
