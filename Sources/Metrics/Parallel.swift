import Dispatch
import Glibc
import Synchronization

/// Work shared between threads by a cursor; what a worker writes goes to the index of the item, so the
/// result is the same for any number of threads.
package enum Parallel {
  /// The threads to use when the caller gives 0.
  package static func threads(_ asked: Int) -> Int {
    asked > 0 ? asked : max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
  }

  /// Runs `body` once for each of `0..<count`, with one scratch value a thread.
  ///
  /// The error of the lowest item that failed is thrown; items after a failure may be left out.
  package static func forEach<Scratch>(
    _ count: Int, threads: Int, makeScratch: @Sendable () throws(ToklabError) -> Scratch,
    _ body: @Sendable (inout Scratch, Int) throws(ToklabError) -> Void
  ) throws(ToklabError) {
    let workers = min(max(1, Self.threads(threads)), max(1, count))
    if workers == 1 {
      var scratch = try makeScratch()
      for index in 0..<count { try body(&scratch, index) }
      return
    }
    let cursor = Atomic<Int>(0)
    let stop = Atomic<Int>(Int.max)
    let failures = Mutex<[(Int, ToklabError)]>([])
    DispatchQueue.concurrentPerform(iterations: workers) { _ in
      var index = -1
      do throws(ToklabError) {
        var scratch = try makeScratch()
        while true {
          index = cursor.wrappingAdd(1, ordering: .relaxed).oldValue
          if index >= count || index > stop.load(ordering: .relaxed) { return }
          try body(&scratch, index)
        }
      } catch {
        let failed = index
        stop.min(failed, ordering: .relaxed)
        failures.withLock { $0.append((failed, error)) }
      }
    }
    if let first = failures.withLock({ $0.min { $0.0 < $1.0 } }) { throw first.1 }
  }

  /// Runs `body`, which cannot fail, once for each of `0..<count`.
  package static func forEach(
    _ count: Int, threads: Int, _ body: @Sendable (Int) -> Void
  ) {
    let workers = min(max(1, Self.threads(threads)), max(1, count))
    if workers == 1 {
      for index in 0..<count { body(index) }
      return
    }
    let cursor = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: workers) { _ in
      while true {
        let index = cursor.wrappingAdd(1, ordering: .relaxed).oldValue
        if index >= count { return }
        body(index)
      }
    }
  }
}

/// A fixed-size array that threads write to at indices of their own.
///
/// Unsafe: raw memory, because Swift's arrays cannot be written from several threads; every index is
/// written by one worker only and read after all have finished.
package final class SharedResults<Element: Sendable>: @unchecked Sendable {
  private let base: UnsafeMutablePointer<Element>
  package let count: Int

  package init(_ count: Int, repeating value: Element) {
    self.count = count
    base = .allocate(capacity: max(1, count))
    base.initialize(repeating: value, count: count)
  }

  deinit {
    base.deinitialize(count: count)
    base.deallocate()
  }

  package subscript(_ index: Int) -> Element {
    get {
      precondition(index >= 0 && index < count)
      return base[index]
    }
    set {
      precondition(index >= 0 && index < count)
      base[index] = newValue
    }
  }

  /// Room for a worker's own stretch.
  package func stretch(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Element> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return UnsafeMutableBufferPointer(start: base + range.lowerBound, count: range.count)
  }

  package var array: [Element] { Array(UnsafeBufferPointer(start: base, count: count)) }
}
