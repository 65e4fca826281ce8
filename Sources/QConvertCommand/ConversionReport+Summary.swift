import QConvert

extension ConversionReport {
  /// The report for a person: what became of the tensors, by what rule if that is to be explained,
  /// sizes before and after, time.
  func summary(verbose: Bool, explain: Bool, metrics: Bool) -> String {
    var lines: [String] = []
    if verbose || explain {
      lines.append(
        Console.table(
          tensors.map { tensor in
            [
              "\(tensor.name)", "\(tensor.dtype)", "\(tensor.shape)", tensor.decision.action,
              tensor.decision.spec.map { "\($0)" } ?? tensor.decision.reason ?? "",
            ] + (explain ? ["by \(tensor.rule)"] : [])
          }))
    }
    let remark =
      duration == nil ? " (dry run, nothing written)" : wasComplete ? " (was complete before)" : ""
    lines.append("\(input) -> \(output)\(remark)")
    lines.append(
      Console.table(
        ["quantized", "copied", "cast", "skipped", "dropped"].flatMap { action in
          groups(action).map { group in
            [
              "  \(action)", "\(group.count)", group.count == 1 ? "tensor" : "tensors",
              group.inputByteCount.asBytes, "->", group.outputByteCount.asBytes, group.what,
            ]
          }
        }, rightAligned: [1, 3, 5]))
    let share = (100 * coverage).formatted(digits: 1)
    let ratio = (100 * Double(outputByteCount) / Double(max(inputByteCount, 1)))
      .formatted(digits: 1)
    let time = duration.map { " in \(($0 / .seconds(1)).formatted(digits: 2)) s" } ?? ""
    lines.append(
      "  \(share) % of the tensor bytes are quantized; \(what) \(inputByteCount.asBytes) -> "
        + "\(isBound ? "at most " : "")\(outputByteCount.asBytes) (\(ratio) %)\(time)")
    if metrics, !wasComplete {
      lines.append(TerminalReport(MetricsReport(self), .standardOutput).text(verbose: verbose))
    }
    if let assumption { lines.append("  \(assumption)") }
    if duration == nil { lines.append("  memory: about \(memoryByteCount.asBytes)") }
    return lines.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// What the sizes are those of.
  private var what: String {
    if files.first?.path == output { return files.count == 1 ? "file" : "files" }
    // Those in directories of their own are companions.
    let shards = files.count {
      $0.path.extension == "safetensors" && $0.path.removingLastComponent() == output
    }
    let others = files.count - shards
    return "\(shards.of("shard"))\(others > 0 ? " (and \(others.of("other file")))" : "")"
  }

  private struct Group {
    let what: String
    var count = 0
    var inputByteCount = 0
    var outputByteCount = 0
  }

  /// The tensors of an action by spec or reason, in the order of their first.
  private func groups(_ action: String) -> [Group] {
    var groups: [Group] = []
    var indices: [String: Int] = [:]
    for tensor in tensors where tensor.decision.action == action {
      let what = tensor.decision.spec.map { "\($0)" } ?? tensor.decision.reason ?? ""
      let index = indices[what] ?? groups.count
      if index == groups.count {
        groups.append(Group(what: what))
        indices[what] = index
      }
      groups[index].count += 1
      groups[index].inputByteCount += tensor.inputByteCount
      groups[index].outputByteCount += tensor.outputByteCount
    }
    return groups
  }
}
