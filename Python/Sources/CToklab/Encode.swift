import Tokenizers

/// Bit 0: what the post-processor adds; bit 1: special tokens in the text are recognised.
private func options(_ flags: Int32) throws(ToklabError) -> EncodeOptions {
  guard (0...3).contains(flags) else {
    throw ToklabError("the flags \(flags)", expected: "0 to 3")
  }
  return EncodeOptions(addSpecialTokens: flags & 1 != 0, specialTokens: flags & 2 != 0 ? .all : .none)
}

/// Document i is `text[offsets[i]..<offsets[i + 1]]`.
private func documents(
  _ text: UnsafeBufferPointer<UInt8>, _ offsets: UnsafePointer<Int64>?, _ count: Int64
) throws(ToklabError) -> [Range<Int>] {
  guard count >= 0, count < Int64.max else {
    throw ToklabError("\(count) documents", expected: "a number of at least 0")
  }
  let offsets = try elements(offsets, count + 1, "the offsets")
  var ranges: [Range<Int>] = []
  ranges.reserveCapacity(Int(count))
  guard offsets[0] >= 0 else { throw ToklabError("offset 0 is \(offsets[0])", expected: "at least 0") }
  for index in 0..<Int(count) {
    guard offsets[index + 1] >= offsets[index], offsets[index + 1] <= Int64(text.count) else {
      throw ToklabError(
        "offset \(index + 1) is \(offsets[index + 1])", expected: "\(offsets[index]) to \(text.count)")
    }
    ranges.append(Int(offsets[index])..<Int(offsets[index + 1]))
  }
  return ranges
}

@_cdecl("tkl_encode")
public func encode(
  _ handle: UnsafeRawPointer?, _ text: UnsafePointer<UInt8>?, _ length: Int64,
  _ offsets: UnsafePointer<Int64>?, _ count: Int64, _ flags: Int32, _ threads: Int32,
  _ ids: UnsafeMutablePointer<UnsafeMutablePointer<UInt32>?>?,
  _ ends: UnsafeMutablePointer<UnsafeMutablePointer<Int64>?>?
) -> Int64 {
  answering(-1) { () throws(ToklabError) in
    let ids = try required(ids, "the place for ids")
    let ends = try required(ends, "the place for ends")
    let text = try elements(text, length, "the text")
    let ranges = try documents(text, offsets, count)
    let options = try options(flags)
    let result = try Handle.at(handle).withEncoder(options, threads: threads) {
      (encoder) throws(ToklabError) in try encoder.encode(text, documents: ranges)
    }
    ids.pointee = copied(result.ids)
    ends.pointee = copied(result.ends.map { Int64($0) })
    return Int64(result.ids.count)
  }
}

@_cdecl("tkl_count")
public func count(
  _ handle: UnsafeRawPointer?, _ text: UnsafePointer<UInt8>?, _ length: Int64,
  _ offsets: UnsafePointer<Int64>?, _ count: Int64, _ flags: Int32, _ threads: Int32,
  _ out: UnsafeMutablePointer<Int64>?
) -> Int32 {
  answering(-1) { () throws(ToklabError) in
    let text = try elements(text, length, "the text")
    let ranges = try documents(text, offsets, count)
    let options = try options(flags)
    if ranges.isEmpty { return 0 }
    let out = try required(out, "the place for counts")
    let counts = try Handle.at(handle).withEncoder(options, threads: threads) {
      (encoder) throws(ToklabError) in try encoder.count(text, documents: ranges)
    }
    for index in counts.indices { out[index] = Int64(counts[index].tokens) }
    return 0
  }
}

@_cdecl("tkl_decode")
public func decode(
  _ handle: UnsafeRawPointer?, _ ids: UnsafePointer<UInt32>?, _ count: Int64, _ skipsSpecial: Int32,
  _ out: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?
) -> Int64 {
  answering(-1) { () throws(ToklabError) in
    let out = try required(out, "the place for the bytes")
    let ids = Array(try elements(ids, count, "the ids"))
    let bytes = try Handle.at(handle).tokenizer.decode(ids, skipSpecialTokens: skipsSpecial != 0)
    out.pointee = copied(bytes)
    return Int64(bytes.count)
  }
}
