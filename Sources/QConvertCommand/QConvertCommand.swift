import ArgumentParser
import QConvert
import SystemPackage

/// The tool: picks a subcommand, and turns errors into one line and an exit code.
@main
struct QConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "qconvert",
    abstract: "Turns float model checkpoints into quantized ones, bit for bit as coreai-opt does.",
    discussion: """
      qconvert model.safetensors --scheme symmetric
      qconvert model-directory --preset w4_per_block -o quantized-directory

      `qconvert help convert` lists the options. Exit codes: 0 done; 64 usage; 65 malformed or unsupported data; 66 no such input; 73 the \
      output cannot be created; 74 input or output failed; 75 stopped, and --resume continues; 129, 130, 143 stopped by a signal.
      """,
    version: Version.current,
    subcommands: [
      ConvertCommand.self, InspectCommand.self, VerifyCommand.self, DequantizeCommand.self,
      CalibrateCommand.self, ReportCommand.self,
    ],
    defaultSubcommand: ConvertCommand.self)

  static func main() {
    if let status = HDF5Access.serve(CommandLine.arguments) { exit(withError: ExitCode(status)) }
    Signals.prepare()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let code as ExitCode {
      exit(withError: code)
    } catch {
      finish(error)
    }
  }

  /// Ends the process with what an error says.
  private static func finish(_ error: any Error) -> Never {
    if let status = ExitStatus(of: error) {
      Console.fail(error is CancellationError ? "interrupted" : "\(error)\(hint(for: error))")
      exit(withError: ExitCode(status.rawValue))
    }
    let code = exitCode(for: error)
    if code == .success {
      try? Console.write(fullMessage(for: error))
    } else {
      Console.fail("\(message(for: error)) (qconvert --help tells more)")
    }
    exit(withError: code)
  }

  /// The option that helps, where there is one.
  static func hint(for error: any Error) -> String {
    switch (error as? FileError)?.reason ?? error {
    case StorageError.outputExists: "; --overwrite replaces it"
    case is StoppedError: "; --resume continues"
    case is ResumeError: "; without --resume it begins anew"
    case PlanError.unmatchedPattern, PlanError.unmatchedRule:
      "; --allow-unmatched makes that a warning"
    case is QuantizationError: "; --nonfinite skip copies such tensors"
    case let error as CheckpointError:
      switch error.reason {
      case RecordError.alreadyQuantized: "; `qconvert dequantize` gives the floats back"
      default: ""
      }
    default: ""
    }
  }
}
