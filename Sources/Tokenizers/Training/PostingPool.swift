import Glibc

/// Lists of word numbers in exactly as many bytes as they need.
///
/// A list is the ascending numbers' differences, 7 bits a byte, low bits first, the high bit set on all but
/// a number's last byte: one or two bytes a number in long lists instead of four. Lists never grow, and so
/// have no slack: the trainer learns a list's size before it writes it.
struct PostingPool: ~Copyable {
  /// Blocks are counted in units of 8 bytes; a list's number is its block's first unit.
  private static let slabUnits = 1 << 17
  private var slabs: [UnsafeMutableRawPointer] = []
  private var owned: [Bool] = []
  private var next = slabUnits
  private var current = -1
  /// Free blocks of 1 to 64 units, linked through their first word.
  private var free = [UInt32](repeating: .max, count: 65)

  deinit {
    for (slab, owned) in zip(slabs, owned) where owned { Glibc.free(slab) }
  }

  @inline(__always)
  static func length(_ difference: UInt64) -> Int {
    difference < 0x80 ? 1 : (63 - difference.leadingZeroBitCount) / 7 + 1
  }

  @inline(__always)
  private func base(_ list: UInt32) -> UnsafeMutableRawPointer {
    slabs[Int(list) / Self.slabUnits] + (Int(list) % Self.slabUnits) * 8
  }

  /// The bytes of a list.
  func bytes(_ list: UInt32) -> UnsafeMutableBufferPointer<UInt8> {
    let base = base(list)
    return UnsafeMutableBufferPointer(
      start: (base + 4).assumingMemoryBound(to: UInt8.self),
      count: Int(base.loadUnaligned(as: UInt32.self)))
  }

  /// A list of `byteCount` unwritten bytes.
  /// - Throws: ``ToklabError`` when the lists would take more than 32 GiB.
  mutating func allocate(_ byteCount: Int) throws(ToklabError) -> UInt32 {
    let units = (byteCount + 4 + 7) / 8
    var list: UInt32
    if units <= 64, free[units] != .max {
      list = free[units]
      free[units] = base(list).load(as: UInt32.self)
    } else if units <= 64 {
      if next + units > Self.slabUnits {
        current = try addSlabs(1)
        next = 0
      }
      list = UInt32(current * Self.slabUnits + next)
      next += units
    } else {
      let slab = try addSlabs((units + Self.slabUnits - 1) / Self.slabUnits, bytes: units * 8)
      list = UInt32(slab * Self.slabUnits)
    }
    base(list).storeBytes(of: UInt32(byteCount), as: UInt32.self)
    return list
  }

  mutating func release(_ list: UInt32) {
    let base = base(list)
    let units = (Int(base.load(as: UInt32.self)) + 4 + 7) / 8
    if units <= 64 {
      base.storeBytes(of: free[units], as: UInt32.self)
      free[units] = list
    } else {
      let slab = Int(list) / Self.slabUnits
      Glibc.free(base)
      owned[slab] = false
    }
  }

  private mutating func addSlabs(_ number: Int, bytes: Int? = nil) throws(ToklabError) -> Int {
    guard slabs.count + number < 1 << 15, let memory = malloc(bytes ?? Self.slabUnits * 8) else {
      throw ToklabError(
        "no memory for the word lists of the training", expected: "less than 32 GiB of them",
        advice: "train on less text")
    }
    for index in 0..<number {
      slabs.append(memory + index * Self.slabUnits * 8)
      owned.append(index == 0)
    }
    return slabs.count - number
  }
}
