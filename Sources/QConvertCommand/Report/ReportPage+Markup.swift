/// The page as HTML.
extension ReportPage {
  var markup: Markup {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src '\(scriptHash)'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="referrer" content="no-referrer">
    <meta name="generator" content="qconvert \(version)">
    <title>\(title) – quantization report</title>
    <style>\(Markup(trusted: style))</style>
    </head>
    <body>
    <a class="skip" href="#tensors">Skip to the tensors</a>
    <header class="top">
      <div>
        <p class="kicker">Quantization report</p>
        <h1><bdi>\(title)</bdi></h1>
        <p class="files"><bdi>\(input)</bdi> <span aria-hidden="true">→</span><span class="sr">becomes</span> <bdi>\(output)</bdi></p>
      </div>
      <button id="theme" type="button" hidden><span aria-hidden="true">◐</span> <span id="theme-label">Dark</span></button>
    </header>
    <main>
    <section class="tiles" aria-label="Summary">
      <div class="tile">
        <h2>Size</h2>
        <p class="figure">\(bytesAfter) <small>of \(bytesBefore)</small></p>
        <svg class="meter" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="6"/><rect class="fill" width="\(sizeShare)" height="6"/></svg>
        <p class="note">\(sizeShare) % of what it was</p>
      </div>
      <div class="tile">
        <h2>Quantized</h2>
        <p class="figure">\(coverage) % <small>of the bytes</small></p>
        <svg class="meter" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="6"/><rect class="fill" width="\(coverage)" height="6"/></svg>
        <p class="note">\(quantizedCount) of \(tensorCount) tensors</p>
      </div>
    \(total?.tiles ?? Self.nothing)
    </section>
    \(total?.sections ?? "")\(untouched?.section ?? "")
    </main>
    <footer>Layout <bdi>\(layout)</bdi> · made by qconvert \(version) · this page is complete: it loads nothing from anywhere.</footer>
    <script type="application/json" id="metrics">\(Markup(trusted: data))</script>
    <script>\(Markup(trusted: script))</script>
    </body>
    </html>

    """
  }

  private static let nothing: Markup = """
      <div class="tile wide">
        <h2>Nothing is quantized</h2>
        <p class="note">Every tensor is what it was, so there is no error to show.</p>
      </div>
    """
}

extension ReportPage.Total {
  fileprivate var tiles: Markup {
    """
      <div class="tile">
        <h2>Signal to noise, overall</h2>
        <p class="figure">\(signalToNoise)</p>
        <p class="note">\(noise)</p>
      </div>
      <div class="tile">
        <h2>Worst tensor</h2>
        <p class="figure">\(worstSignalToNoise)</p>
        <p class="note"><button id="worst" class="link" type="button"><bdi>\(worstName)</bdi></button></p>
      </div>
    """
  }

  fileprivate var sections: Markup {
    """
    <section class="card" aria-labelledby="chart-title">
      <div class="head">
        <h2 id="chart-title">Signal to noise, in the order of the model</h2>
        <ul class="legend" aria-label="Quality">
          \(qualities.map(\.item))
        </ul>
      </div>
      <div id="chart" class="chart"></div>
      <details class="guide">
        <summary>How to read this</summary>
        <div class="columns">
          <div>
            <p>The signal-to-noise ratio compares the weights with the error that quantization adds to them. At 10 dB the error is a third of the
            weights, at 20 dB a tenth, at 40 dB a hundredth (root mean square).</p>
            <p>What can be had depends on the type: a bit is worth 6 dB. The table has what weights get that are spread like a bell curve,
            with a scale for each channel. Blocks do a little better; outliers, which stretch the range, do worse.</p>
            <p>All of this is about weights, not about the answers of the model: measure these before you decide.</p>
          </div>
          <div>
            <table class="thresholds">
              <thead><tr><th scope="col">Type</th><th scope="col">Expected</th><th scope="col">Fine from</th><th scope="col">Suffers below</th></tr></thead>
              <tbody>
                \(thresholds.map(\.row))
              </tbody>
            </table>
            <p><b>Fine</b> is within 2 dB of what is expected. <b>Watch</b> is up to 8 dB below: more than a bit is lost.
            What <b>suffers</b> is worse, or under 10 dB: try smaller blocks, a wider type, or leave it out.</p>
          </div>
        </div>
      </details>
    </section>
    <div class="pair">
    <section class="card detail" aria-labelledby="detail-name">
      <h2 id="detail-name"></h2>
      <p id="detail-treatment" class="note"></p>
      <p id="detail-quality" class="quality"></p>
      <div id="histogram"></div>
      <dl id="detail-figures"></dl>
    </section>
    <section class="card list" id="tensors" aria-labelledby="tensors-title">
      <div class="head">
        <h2 id="tensors-title">Quantized tensors</h2>
        <label class="search"><span class="sr">Search tensors</span><input id="search" type="search" placeholder="Search names and types" autocomplete="off" spellcheck="false"></label>
      </div>
      <p id="status" class="note" role="status"></p>
      <table id="table" role="table">
        <thead role="rowgroup"><tr role="row">
          <th role="columnheader" scope="col" class="n" data-key="index"><button type="button" aria-label="Place in the model">#</button></th>
          <th role="columnheader" scope="col" class="name" data-key="name"><button type="button">Tensor</button></th>
          <th role="columnheader" scope="col" class="sqnr" data-key="sqnr"><button type="button">SQNR</button></th>
          <th role="columnheader" scope="col" class="error" data-key="error" data-first="descending"><button type="button">Max error</button></th>
          <th role="columnheader" scope="col" class="cosine" data-key="cosine"><button type="button">Cosine</button></th>
          <th role="columnheader" scope="col" class="clipped" data-key="clipped" data-first="descending"><button type="button">Clipped</button></th>
          <th role="columnheader" scope="col" class="before" data-key="before" data-first="descending"><button type="button">Before</button></th>
          <th role="columnheader" scope="col" class="after" data-key="after" data-first="descending"><button type="button">After</button></th>
        </tr></thead>
        <tbody role="rowgroup"></tbody>
      </table>
      <noscript><p class="note">The chart and this table need JavaScript.</p></noscript>
    </section>
    </div>

    """
  }
}

extension ReportPage.Untouched {
  fileprivate var section: Markup {
    """
    <section class="card">
      <details class="untouched">
        <summary>\(summary)</summary>
        \(reasons.map(\.list))
      </details>
    </section>

    """
  }
}

extension ReportPage.QualityCount {
  fileprivate var item: Markup {
    """
    <li data-quality="\(id)"><span class="mark" aria-hidden="true"></span><b>\(count)</b> \(label)</li>

    """
  }
}

extension ReportPage.Threshold {
  fileprivate var row: Markup {
    """
    <tr data-dtype="\(dtype)" data-fine="\(fine)" data-watch="\(watch)"><th scope="row">\(dtype)</th>\
    <td>\(expected) dB</td><td>\(fine) dB</td><td>\(watch) dB</td></tr>

    """
  }
}

extension ReportPage.Reason {
  fileprivate var list: Markup {
    """
    <h3>\(reason) <small>\(count), \(bytes)</small></h3>
    <ul class="names">\(names.map { "<li><bdi>\($0)</bdi></li>" as Markup })</ul>

    """
  }
}
