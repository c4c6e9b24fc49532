import Glibc

/// What is tried with one input: it may do anything but trap, hang or take unbounded memory.
typealias FuzzTarget = @Sendable ([UInt8]) -> Void

/// `TOKLAB_FUZZ_TARGET=NAME toklab-fuzz …` is a libFuzzer program for one target; `toklab-fuzz list` names them.
///
/// One program for all targets: one build, and coverage counters that mean the same in all of them. `main` is
/// libFuzzer's.
enum Fuzzer {
  nonisolated(unsafe) static var target: FuzzTarget = { _ in }
}

@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> CInt {
  let targets = ReaderTargets.all.merging(EngineTargets.all) { one, _ in one }
  if count.pointee > 1, let word = arguments.pointee[1], String(cString: word) == "list" {
    for name in targets.keys.sorted() { print(name) }
    exit(0)
  }
  guard let name = getenv("TOKLAB_FUZZ_TARGET"), let found = targets[String(cString: name)] else {
    print("TOKLAB_FUZZ_TARGET names no target; toklab-fuzz list shows them")
    exit(64)
  }
  Fuzzer.target = found
  return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  Fuzzer.target(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}
