import Dispatch
import Glibc
import Synchronization

/// Turns workers' tables into sorted ``PreTokenCounts``, in parallel, the same for any number of threads.
///
/// Step one sums the workers' tables shard by shard (a key's hash names its shard). Step two cuts the keys
/// by their first two bytes into ranges of like size, and sorts and writes each range at its place.
enum PreTokenFreezer {
  /// A key for sorting: its first eight bytes as a number, and where it lies.
  private struct Item {
    var prefix: UInt64
    var bytes: UnsafePointer<UInt8>
    var length: Int
    var count: Int64
  }

  static func freeze(_ shards: PreTokenShards, threads: Int) -> PreTokenCounts {
    let parts = cut(shards, into: threads)
    var total = 0
    var bytes = 0
    var starts: [(key: Int, byte: Int)] = []
    for part in parts {
      starts.append((total, bytes))
      total += part.keys
      bytes += part.bytes
    }
    let offsets = starts
    var blob: [UInt8] = []
    var ends: [Int] = []
    var values: [Int64] = []
    values = [Int64](unsafeUninitializedCapacity: total) { valueBuffer, valueCount in
      let valueBase = SendablePointer(valueBuffer.baseAddress)
      ends = [Int](unsafeUninitializedCapacity: total) { endBuffer, endCount in
        let endBase = SendablePointer(endBuffer.baseAddress)
        blob = [UInt8](unsafeUninitializedCapacity: bytes + PreTokenCounts.padding) { byteBuffer, byteCount in
          let byteBase = SendablePointer(byteBuffer.baseAddress)
          DispatchQueue.concurrentPerform(iterations: parts.count) { index in
            var position = offsets[index].byte
            var key = offsets[index].key
            for item in sorted(shards, part: parts[index]) {
              (byteBase.pointer! + position).initialize(from: item.bytes, count: item.length)
              position += item.length
              endBase.pointer![key] = position
              valueBase.pointer![key] = item.count
              key += 1
            }
          }
          (byteBase.pointer! + bytes).initialize(repeating: 0, count: PreTokenCounts.padding)
          byteCount = bytes + PreTokenCounts.padding
        }
        endCount = total
      }
      valueCount = total
    }
    return PreTokenCounts(blob: blob, ends: ends, values: values)
  }

  private struct Part {
    var firstBytes: Range<Int>
    var keys: Int
    var bytes: Int
  }

  private static func firstTwo(_ key: UnsafeBufferPointer<UInt8>) -> Int {
    Int(key[0]) << 8 | (key.count > 1 ? Int(key[1]) : 0)
  }

  private static func cut(_ shards: PreTokenShards, into parts: Int) -> [Part] {
    var keys = [Int](repeating: 0, count: 1 << 16)
    var bytes = [Int](repeating: 0, count: 1 << 16)
    shards.forEachKey { key, _ in
      let first = firstTwo(key)
      keys[first] += 1
      bytes[first] += key.count
    }
    let share = keys.reduce(0, +) / parts + 1
    var result: [Part] = []
    var part = Part(firstBytes: 0..<0, keys: 0, bytes: 0)
    for first in 0..<1 << 16 {
      part.keys += keys[first]
      part.bytes += bytes[first]
      part.firstBytes = part.firstBytes.lowerBound..<first + 1
      if part.keys >= share || first == 1 << 16 - 1 {
        result.append(part)
        part = Part(firstBytes: first + 1..<first + 1, keys: 0, bytes: 0)
      }
    }
    return result
  }

  private static func sorted(_ shards: PreTokenShards, part: Part) -> [Item] {
    var items: [Item] = []
    items.reserveCapacity(part.keys)
    shards.forEachKey { key, count in
      guard part.firstBytes.contains(firstTwo(key)) else { return }
      var prefix: UInt64 = 0
      for index in 0..<min(8, key.count) { prefix |= UInt64(key[index]) << UInt64(56 - index * 8) }
      items.append(Item(prefix: prefix, bytes: key.baseAddress!, length: key.count, count: count))
    }
    items.sort { x, y in
      if x.prefix != y.prefix { return x.prefix < y.prefix }
      let order = memcmp(x.bytes, y.bytes, min(x.length, y.length))
      return order != 0 ? order < 0 : x.length < y.length
    }
    return items
  }
}

/// The tables of one worker, or the sums of all: a table for each of 16 hash ranges.
final class PreTokenShards: @unchecked Sendable {
  static let count = 16
  private let tables: UnsafeMutablePointer<PreTokenTable>

  init() {
    tables = .allocate(capacity: Self.count)
    for index in 0..<Self.count { (tables + index).initialize(to: PreTokenTable()) }
  }

  deinit {
    tables.deinitialize(count: Self.count)
    tables.deallocate()
  }

  /// Adds `delta` to the count of a key, behind which 16 bytes must be readable.
  @inline(__always)
  func add(_ pointer: UnsafePointer<UInt8>, _ length: Int, _ delta: Int64) {
    if length <= PreTokenTable.inlineLimit {
      let (low, high) = PreTokenTable.shortKey(pointer, length)
      let hash = PreTokenTable.hash(low, high)
      tables[Int(hash >> 60)].addShort(low, high, hash, delta)
    } else {
      let hash = ByteHash.hash(pointer, length)
      tables[Int(hash >> 60)].addLong(pointer, length, hash, delta)
    }
  }

  func forEachKey(_ body: (UnsafeBufferPointer<UInt8>, Int64) -> Void) {
    for index in 0..<Self.count {
      for position in 0..<tables[index].capacity where tables[index].slots[position].high != 0 {
        body(tables[index].key(position), tables[index].slots[position].count)
      }
    }
  }

  /// The sum of all workers' tables, in the first one; the others are emptied.
  static func sum(_ workers: [PreTokenShards], threads: Int) -> PreTokenShards {
    let total = workers[0]
    let cursor = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      while true {
        let shard = cursor.wrappingAdd(1, ordering: .relaxed).oldValue
        guard shard < count else { return }
        for worker in workers.dropFirst() {
          total.tables[shard].add(worker.tables[shard])
          worker.tables[shard] = PreTokenTable(capacity: 8)
        }
      }
    }
    return total
  }
}

/// Lets a raw pointer into workers that write to disjoint parts of its memory.
struct SendablePointer<T>: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<T>?
  init(_ pointer: UnsafeMutablePointer<T>?) { self.pointer = pointer }
}
