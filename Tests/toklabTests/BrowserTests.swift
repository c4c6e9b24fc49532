import TestSupport
import Testing

/// The pages in a real browser: Scripts/setup-browser.sh installs Debian's headless Chromium for it.
@Suite(.serialized) struct BrowserTests {
  private func run(_ script: String) throws {
    let folder = Toklab.folder(#filePath) + "/../Browser/"
    let run = try Toklab(program: TestPaths.python).run([folder + script, Toklab.path])
    #expect(run.status == 0, "\(run.text)\(run.errorText)")
    #expect(run.text.contains(" checks, 0 failed"))
  }

  @Test func reportOf130LanguagesAnd10Tokenizers() throws { try run("report_test.py") }

  @Test func servedPage() throws { try run("serve_test.py") }
}
