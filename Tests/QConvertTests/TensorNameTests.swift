import QConvert
import Testing

@Suite struct TensorNameTests {
  @Test func `spellings that Unicode calls equal are two names`() {
    let composed = "caf\u{e9}.weight"
    let decomposed = "cafe\u{301}.weight"
    #expect(composed == decomposed)
    #expect(TensorName(composed) != TensorName(decomposed))
    #expect(Set([TensorName(composed), TensorName(decomposed)]).count == 2)
  }

  @Test func `the module is what comes before the last dot`() {
    #expect(TensorName("a.b.weight").module == "a.b")
    #expect(TensorName("a.b.weight").parameter == "weight")
    #expect(TensorName("weight").module == "")
    #expect(TensorName("weight").parameter == "weight")
    #expect(TensorName("a..weight").module == "a.")
  }

  @Test func `a description cannot drive a terminal`() {
    #expect(TensorName("a\u{1b}[2Jb\n").description == "a\\u{1B}[2Jb\\n")
    #expect(TensorName(String(repeating: "x", count: 1000)).description.count == 201)
  }
}
