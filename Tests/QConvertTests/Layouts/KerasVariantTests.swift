import QConvert
import Testing

/// What a user asks for in the words of Keras.
@Suite struct KerasVariantTests {
  @Test func `int8 is the default, and 128 that of int4`() throws {
    let layout = KerasLayout()
    let int8 = try layout.spec(for: LayoutRequest())
    #expect(int8.dtype == .int8 && int8.granularity == .perChannel(axis: nil))
    for request in [
      request { $0.variant = "int4" }, request { $0.dtype = .int4 },
      request {
        $0.dtype = .int4
        $0.groups = .blocks
      },
      request {
        $0.variant = "int4"
        $0.groupSize = 128
        $0.blockSizes = [128]
        $0.scheme = .asymmetric
      },
    ] {
      let spec = try layout.spec(for: request)
      #expect(spec.dtype == .int4 && spec.scheme == .asymmetric)
      #expect(spec.granularity == .perBlock(axis: nil, size: 128))
    }
    for request in [
      request {
        $0.variant = "int4"
        $0.groupSize = -1
      },
      request {
        $0.dtype = .int4
        $0.groups = .channels
      },
    ] {
      let spec = try layout.spec(for: request)
      #expect(spec.dtype == .int4 && spec.scheme == .symmetric)
      #expect(spec.granularity == .perChannel(axis: nil))
    }
  }

  @Test func `contradictions are errors`() {
    for request in [
      request { $0.variant = "int2" }, request { $0.dtype = .uint8 },
      request {
        $0.variant = "int8"
        $0.dtype = .int4
      },
      request { $0.groupSize = 128 }, request { $0.groups = .blocks },
      request { $0.groups = .tensor }, request { $0.blockSizes = [4] },
      request {
        $0.variant = "int4"
        $0.groupSize = 0
      },
      request {
        $0.variant = "int4"
        $0.groupSize = -2
      },
      request {
        $0.variant = "int4"
        $0.groupSize = 4
        $0.blockSizes = [8]
      },
      request {
        $0.variant = "int4"
        $0.blockSizes = [4, -1]
      },
      request {
        $0.variant = "int4"
        $0.groupSize = 4
        $0.groups = .channels
      },
      request {
        $0.variant = "int4"
        $0.groupSize = -1
        $0.groups = .blocks
      },
      request { $0.scheme = .asymmetric },
      request {
        $0.variant = "int4"
        $0.scheme = .symmetric
      },
    ] {
      #expect(throws: LayoutError.self, "\(request)") { try KerasLayout().spec(for: request) }
    }
  }

  @Test func `other layouts have no variants`() {
    #expect(throws: LayoutError.noVariants(layout: "native")) {
      try NativeLayout().spec(for: LayoutRequest())
    }
  }
}
