import Testing

@testable import QConvert

@Suite struct SafetensorsOutlineTests {
  private func item(_ name: String, _ dtype: DType, _ count: Int) -> SafetensorsOutline.Item {
    .init(
      name: TensorName(name), dtype: dtype, shape: [count],
      byteCount: count * dtype.bitWidth / 8)
  }

  @Test func `tensors that fill pages come first, from the beginning of a page on`() throws {
    let items = [
      item("scale", .bfloat16, 3), item("codes", .int8, 8192), item("zero", .int8, 3),
      item("wide", .float32, 5), item("empty", .int8, 0), item("more", .int8, 4096),
    ]
    let outline = try SafetensorsOutline(of: items, metadata: [])
    #expect(outline.header.count == 4096)
    let starts = outline.places.map { $0.lowerBound - 4096 }
    #expect(starts == [12308, 0, 12314, 12288, 12317, 8192])
    #expect(outline.places.map(\.count) == items.map(\.byteCount))
    #expect(outline.byteCount == 4096 + 12317)
    let header = try SafetensorsHeader(
      parsing: Array(outline.header.dropFirst(8)), dataByteCount: 12317)
    #expect(header.tensors.map(\.name.string) == items.map(\.name.string))
    #expect(header.tensors.map(\.bytes) == outline.places)
  }

  @Test func `without such tensors data begin at a multiple of eight`() throws {
    let outline = try SafetensorsOutline(
      of: [item("a", .uint8, 1), item("b", .float64, 1), item("c", .float16, 1)], metadata: [])
    #expect(outline.header.count.isMultiple(of: 8))
    #expect(outline.header.count < 4096)
    #expect(outline.places[1].lowerBound == outline.header.count)
    #expect(outline.places.map(\.lowerBound).map { $0 - outline.header.count } == [10, 0, 8])
  }
}
