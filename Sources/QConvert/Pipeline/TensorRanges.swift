import Dispatch
import Synchronization

/// The ranges of a tensor whose groups reach beyond a slab, collected from all slabs of the range pass
/// and turned into parameters once.
final class TensorRanges: Sendable {
  private let quantization: TensorQuantization
  /// Open once every slab has been seen; whoever passes opens it for the next.
  private let gate = DispatchSemaphore(value: 0)
  private let state: Mutex<State>
  /// There may be as many groups as elements; only their ranges and the table are held at once.
  static let groupsAtOnce = 1 << 16

  private struct State {
    var ranges: GroupRanges?
    var slabsToSee: Int
    /// Those whose range pass failed stay among them: the ranges are then never complete.
    var slabsToAdd: Int
    /// States of general calculators wait here until all earlier slabs are merged.
    var parts: [Int: GroupRanges] = [:]
    var nextPart = 0
    var params: Result<QParamsTable, QuantizationError>?
    var slabsToWrite: Int

    mutating func add(_ part: GroupRanges, slab: Int, _ quantization: TensorQuantization) {
      var all =
        ranges.take() ?? GroupRanges(0..<quantization.geometry.groupCount, of: quantization)
      if part.accumulators.isEmpty {
        all.merge(part)
      } else {
        parts[slab] = part
        while let part = parts.removeValue(forKey: nextPart) {
          all.merge(part)
          nextPart += 1
        }
      }
      ranges = all
    }
  }

  init(_ quantization: TensorQuantization, slabs: Int) {
    self.quantization = quantization
    state = Mutex(State(slabsToSee: slabs, slabsToAdd: slabs, slabsToWrite: slabs))
  }

  /// Takes what the range pass of a slab has found.
  func add(_ part: GroupRanges, slab: Int) {
    state.withLock { state in
      state.add(part, slab: slab, quantization)
      state.slabsToAdd -= 1
    }
  }

  /// Ends the range pass of so many slabs, whether it succeeded or not: nobody waits for them any longer.
  func finishObserving(_ slabs: Int) {
    let isLast = state.withLock { state in
      state.slabsToSee -= slabs
      return state.slabsToSee == 0
    }
    if isLast { gate.signal() }
  }

  /// The ranges of all groups, once every slab has been added.
  var ranges: GroupRanges {
    state.withLock { state in
      state.ranges ?? GroupRanges(0..<quantization.geometry.groupCount, of: quantization)
    }
  }

  /// The parameters of all groups, as soon as every slab has been seen; nil when one of them failed,
  /// which its worker has reported.
  func params(_ quantizer: SlabQuantizer) throws(QuantizationError) -> QParamsTable? {
    // Items are taken in order: the slabs waited for are in the hands of running workers.
    gate.wait()
    gate.signal()
    let result = state.withLock { state -> Result<QParamsTable, QuantizationError>? in
      if state.slabsToAdd > 0 { return nil }
      if let params = state.params { return params }
      let ranges =
        state.ranges ?? GroupRanges(0..<quantization.geometry.groupCount, of: quantization)
      let params = Result<QParamsTable, QuantizationError> { () throws(QuantizationError) in
        var table = QParamsTable(first: 0, capacity: ranges.groups.count)
        for groups in ranges.groups.chunks(of: Self.groupsAtOnce) {
          table.append(try quantizer.qparams(of: ranges, groups, quantization))
        }
        return table
      }
      state.params = params
      state.ranges = nil
      return params
    }
    return try result?.get()
  }

  /// Ends the write pass of a slab; true for the last one.
  func finishWriting() -> Bool {
    state.withLock { state in
      state.slabsToWrite -= 1
      return state.slabsToWrite == 0
    }
  }
}
