import Testing

@testable import QConvert

@Suite struct FingerprintTests {
  // The first three are published with the algorithm, the others come from four lines of Python.
  @Test(arguments: [
    ([], "6c62272e07bb014262b821756295c58d"),
    (Array("a".utf8), "d228cb696f1a8caf78912b704e4a8964"),
    (Array("foobar".utf8), "343e1662793c64bf6f0d3597ba446f18"),
    (Array("10".utf8), "088094cf09ab1be95aa07330556e750c"),
    (Array(0...255), "8097249afae7c21686b07bd6fa33708d"),
  ])
  func `bytes have the fingerprint that FNV-1a gives them`(_ bytes: [UInt8], _ hex: String) {
    var whole = Fingerprint()
    whole.add(bytes)
    #expect(whole.hex == hex)
    var pieces = Fingerprint()
    for byte in bytes { pieces.add([byte]) }
    #expect(pieces == whole)
  }

  @Test func `the borders between texts count`() {
    func hex(_ texts: String...) -> String {
      var fingerprint = Fingerprint()
      for text in texts { fingerprint.add(text) }
      return fingerprint.hex
    }
    #expect(hex("ab", "c") == "32763e664083d94f70814487f805ad59")
    #expect(hex("ab", "c") != hex("a", "bc"))
    // Spellings that Swift's strings call equal.
    #expect(hex("\u{e9}") == "a68a93d11a8b5822836dbc7850e7e92a")
    #expect(hex("\u{e9}") != hex("e\u{301}"))
  }
}
