import Glibc
import Synchronization
import Tokenizers

/// What a handle stands for: a tokenizer and the encoders that wait for their next call.
final class Handle: Sendable {
  struct Key: Hashable {
    var options: EncodeOptions
    var threads: Int
  }
  private struct Loan: @unchecked Sendable { let encoder: BatchEncoder? }
  /// An encoder is in the pool or with one call, never with two.
  struct Pool: @unchecked Sendable { var idle: [Key: [BatchEncoder]] = [:] }

  let tokenizer: Tokenizer
  private let pool = Mutex(Pool())

  init(_ definition: TokenizerDefinition) throws(ToklabError) { tokenizer = try Tokenizer(definition) }

  /// Calls `body` with an encoder of its own; its caches stay warm for the next call.
  func withEncoder<R>(
    _ options: EncodeOptions, threads: Int32, _ body: (BatchEncoder) throws(ToklabError) -> R
  ) throws(ToklabError) -> R {
    guard threads >= 0, threads <= 4096 else {
      throw ToklabError("\(threads) threads", expected: "0 (all cores) to 4096")
    }
    let count = threads == 0 ? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) : Int(threads)
    let key = Key(options: options, threads: count)
    let loan = pool.withLock { Loan(encoder: $0.idle[key]?.popLast()) }
    let encoder: BatchEncoder
    if let idle = loan.encoder {
      encoder = idle
    } else {
      encoder = try BatchEncoder(tokenizer, options: options, threads: count)
    }
    let result = try body(encoder)
    let back = Loan(encoder: encoder)
    pool.withLock { $0.idle[key, default: []].append(back.encoder!) }
    return result
  }

  static func at(_ pointer: UnsafeRawPointer?) throws(ToklabError) -> Handle {
    Unmanaged<Handle>.fromOpaque(try required(pointer, "the tokenizer")).takeUnretainedValue()
  }

  var retained: UnsafeMutableRawPointer { Unmanaged.passRetained(self).toOpaque() }
}

@_cdecl("tkl_open")
public func open(
  _ path: UnsafePointer<CChar>?, _ pattern: UnsafePointer<CChar>?
) -> UnsafeMutableRawPointer? {
  answering(nil) { () throws(ToklabError) in
    let path = try text(path, "the path")
    let pattern = pattern == nil ? nil : try text(pattern, "the pattern")
    return try Handle(TokenizerFile.open(path, pattern: pattern).definition).retained
  }
}

@_cdecl("tkl_open_bytes")
public func openBytes(_ bytes: UnsafePointer<UInt8>?, _ length: Int64) -> UnsafeMutableRawPointer? {
  answering(nil) { () throws(ToklabError) in
    try Handle(HuggingFaceJSON.read(Array(elements(bytes, length, "the bytes")))).retained
  }
}

@_cdecl("tkl_close")
public func close(_ handle: UnsafeRawPointer?) {
  if let handle { Unmanaged<Handle>.fromOpaque(handle).release() }
}

@_cdecl("tkl_capacity")
public func capacity(_ handle: UnsafeRawPointer?) -> Int64 {
  answering(-1) { () throws(ToklabError) in Int64(try Handle.at(handle).tokenizer.capacity) }
}

@_cdecl("tkl_save")
public func save(_ handle: UnsafeRawPointer?, _ path: UnsafePointer<CChar>?) -> Int32 {
  answering(-1) { () throws(ToklabError) in
    try HuggingFaceExport.write(Handle.at(handle).tokenizer.definition, to: text(path, "the path"))
    return 0
  }
}

@_cdecl("tkl_token_id")
public func tokenID(_ handle: UnsafeRawPointer?, _ bytes: UnsafePointer<UInt8>?, _ length: Int64) -> Int64 {
  answering(-2) { () throws(ToklabError) in
    let token = Array(try elements(bytes, length, "the token"))
    return try Handle.at(handle).tokenizer.id(of: token).map { Int64($0) } ?? -1
  }
}

@_cdecl("tkl_token_bytes")
public func tokenBytes(
  _ handle: UnsafeRawPointer?, _ id: Int64, _ out: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?
) -> Int64 {
  answering(-2) { () throws(ToklabError) in
    let out = try required(out, "the place for the bytes")
    let tokenizer = try Handle.at(handle).tokenizer
    guard let id = TokenID(exactly: id), let bytes = tokenizer.bytes(of: id) else { return -1 }
    out.pointee = copied(bytes)
    return Int64(bytes.count)
  }
}
