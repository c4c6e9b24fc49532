import Dispatch
import Synchronization
import Tokenizers

/// `body(0), body(1), …` on several threads, in order. The error of the smallest index is thrown, so that
/// what a user sees does not depend on timing.
func parallelMap<R: Sendable>(
  _ count: Int, threads: Int, _ body: @Sendable (Int) throws -> R
) throws -> [R] {
  if count == 0 { return [] }
  if threads == 1 || count == 1 { return try (0..<count).map(body) }
  let results = Slots<Result<R, any Error>?>(count, initial: nil)
  let next = Atomic<Int>(0)
  DispatchQueue.concurrentPerform(iterations: min(threads, count)) { _ in
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      if index >= count { return }
      do { results[index] = .success(try body(index)) } catch { results[index] = .failure(error) }
    }
  }
  return try (0..<count).map { try results[$0]!.get() }
}
