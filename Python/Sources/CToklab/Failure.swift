import Glibc
import Synchronization
import Tokenizers

/// The message of the last call that failed, one a thread: `ctypes` calls from many threads at once.
enum LastError {
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key) { free($0) }
    return key
  }()

  static func set(_ message: String) {
    free(pthread_getspecific(key))
    pthread_setspecific(key, strdup(message))
  }

  static var message: UnsafePointer<CChar>? {
    pthread_getspecific(key).map { UnsafePointer($0.assumingMemoryBound(to: CChar.self)) }
  }
}

/// Runs the body of one function of the interface; what it throws becomes the thread's last error and `failed`.
func answering<R>(_ failed: R, _ body: () throws(ToklabError) -> R) -> R {
  do throws(ToklabError) { return try body() } catch {
    LastError.set(error.description)
    return failed
  }
}

func required<P>(_ pointer: P?, _ name: String) throws(ToklabError) -> P {
  guard let pointer else { throw ToklabError("\(name) is a null pointer", expected: "an address") }
  return pointer
}

/// A C string as Swift text.
func text(_ pointer: UnsafePointer<CChar>?, _ name: String) throws(ToklabError) -> String {
  guard let string = String(validatingCString: try required(pointer, name)) else {
    throw ToklabError("\(name) is not UTF-8", expected: "UTF-8 that ends in a zero byte")
  }
  return string
}

/// `count` elements at an address, which may be null when there are none.
func elements<T>(
  _ pointer: UnsafePointer<T>?, _ count: Int64, _ name: String
) throws(ToklabError) -> UnsafeBufferPointer<T> {
  guard count >= 0, count <= Int64(Int.max) / Int64(MemoryLayout<T>.stride) else {
    throw ToklabError("a size of \(count) for \(name)", expected: "a number of at least 0")
  }
  if count == 0 { return UnsafeBufferPointer(start: nil, count: 0) }
  return UnsafeBufferPointer(start: try required(pointer, name), count: Int(count))
}

/// Memory that the caller gives back with `tkl_free`; never null, so that no ids are not a failure.
func copied<T>(_ values: [T]) -> UnsafeMutablePointer<T> {
  let bytes = max(1, values.count) * MemoryLayout<T>.stride
  let memory = malloc(bytes)!.bindMemory(to: T.self, capacity: max(1, values.count))
  values.withUnsafeBufferPointer { source in
    if let base = source.baseAddress { memory.update(from: base, count: source.count) }
  }
  return memory
}

@_cdecl("tkl_abi") public func abi() -> Int32 { 1 }
@_cdecl("tkl_last_error") public func lastError() -> UnsafePointer<CChar>? { LastError.message }
@_cdecl("tkl_free") public func freeMemory(_ memory: UnsafeMutableRawPointer?) { free(memory) }

@_cdecl("tkl_version")
public func version() -> UnsafeMutablePointer<CChar>? { strdup(ToklabVersion.current) }
