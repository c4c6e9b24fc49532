import Dispatch
import Synchronization
import Tokenizers

/// `body(0), body(1), …` on several threads, in order. The error of the smallest index is thrown, so that
/// what a user sees does not depend on timing.
func parallelMap<R: Sendable>(
  _ count: Int, threads: Int, _ body: @Sendable (Int) throws -> R
) throws -> [R] {
  try parallelMap(count, workers: Array(repeating: (), count: threads)) { index, _ in try body(index) }
}

/// The same with something of its own for each thread, such as an encoder with its caches.
func parallelMap<R: Sendable, Worker>(
  _ count: Int, workers: [Worker], _ body: @Sendable (Int, Worker) throws -> R
) throws -> [R] {
  if count == 0 { return [] }
  if workers.count == 1 || count == 1 { return try (0..<count).map { try body($0, workers[0]) } }
  let results = Slots<Result<R, any Error>?>(count, initial: nil)
  let next = Atomic<Int>(0)
  let shared = Workers(list: workers)
  DispatchQueue.concurrentPerform(iterations: min(workers.count, count)) { worker in
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      if index >= count { return }
      do { results[index] = .success(try body(index, shared.list[worker])) } catch {
        results[index] = .failure(error)
      }
    }
  }
  return try (0..<count).map { try results[$0]!.get() }
}

/// Worker `i` is touched by thread `i` alone.
private struct Workers<Worker>: @unchecked Sendable {
  let list: [Worker]
}
