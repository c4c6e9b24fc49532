import Glibc
import Synchronization

/// What tests need of the C library, under names that cannot be confused with the library under test.
enum LibC {
  static func power(_ x: Double, _ y: Double) -> Double { pow(x, y) }
  static func logarithm2(_ x: Double) -> Double { log2(x) }

  final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    func add() { count.wrappingAdd(1, ordering: .relaxed) }
    var value: Int { count.load(ordering: .relaxed) }
  }
}
