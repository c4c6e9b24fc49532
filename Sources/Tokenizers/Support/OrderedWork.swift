import Dispatch
import Synchronization

/// Work on several threads whose results do not depend on how many there are.
enum OrderedWork {
  /// Calls `body` once for every number below `count`, in any order.
  static func perform(_ count: Int, threads: Int, _ body: @Sendable @escaping (Int) -> Void) {
    let cursor = WorkCursor()
    DispatchQueue.concurrentPerform(iterations: min(threads, max(1, count))) { _ in
      while let item = cursor.next(below: count) { body(item) }
    }
  }

  /// Parts made by several threads and taken in their order, as many held at a time as there are threads.
  static func inOrder<Part: Sendable>(
    _ count: Int, threads: Int, _ make: @Sendable @escaping (Int) -> Part, take: (Part) -> Void
  ) {
    var first = 0
    while first < count {
      let begin = first
      let number = min(threads, count - begin)
      var parts = [Part?](repeating: nil, count: number)
      parts.withUnsafeMutableBufferPointer { parts in
        let out = SendablePointer(parts.baseAddress)
        perform(number, threads: threads) { index in out.pointer![index] = make(begin + index) }
      }
      for index in 0..<number {
        take(parts[index]!)
        parts[index] = nil
      }
      first += number
    }
  }
}

/// Hands out the numbers below a bound, each once.
private final class WorkCursor: Sendable {
  private let position = Atomic(0)

  func next(below count: Int) -> Int? {
    let item = position.wrappingAdd(1, ordering: .relaxed).oldValue
    return item < count ? item : nil
  }
}
