"""Drives Chromium over its debugging pipe and checks the page that `qconvert report` writes.

Needs nothing but Python. With --screenshot it only takes a picture of a page.
"""

import argparse
import base64
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

HOSTILE = [
    "</script><img src=x onerror=alert(1)>.weight",
    "<!--<script>.weight",
    "'\"><svg onload=alert(2)>.weight",
    "\"\u0301 onmouseover=alert(3) x=\u0301.weight",
    "\u202egnp.weight",
    "{{title}}{{{script}}}.weight",
    "__proto__",
]


class Browser:
    """A headless Chromium with one page; it keeps what the page reports."""

    def __init__(self, executable, profile):
        commands, self.send_end = os.pipe()
        self.receive_end, events = os.pipe()
        # The browser reads from 3 and writes to 4; neither end may be one of them when they are moved there.
        import fcntl

        commands = fcntl.fcntl(commands, fcntl.F_DUPFD, 10)
        events = fcntl.fcntl(events, fcntl.F_DUPFD, 10)

        def move():
            os.dup2(commands, 3)
            os.dup2(events, 4)

        flags = [
            "--headless", "--remote-debugging-pipe", "--disable-gpu", "--no-first-run", "--disable-extensions",
            "--disable-dev-shm-usage", "--hide-scrollbars", f"--user-data-dir={profile}", "about:blank",
        ]
        if os.geteuid() == 0:
            flags.insert(0, "--no-sandbox")
        self.process = subprocess.Popen(
            [executable, *flags], preexec_fn=move, close_fds=False, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(events)
        self.number = 0
        self.buffer = b""
        self.session = None
        self.troubles = []
        self.requests = []
        targets = self.call("Target.getTargets")["targetInfos"]
        target = next(target["targetId"] for target in targets if target["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Network", "Log"]:
            self.call(f"{domain}.enable")

    def receive(self):
        while b"\0" not in self.buffer:
            data = os.read(self.receive_end, 1 << 16)
            if not data:
                sys.exit("report: Chromium has ended")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(line)
        method, values = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            details = values["exceptionDetails"]
            self.troubles.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Runtime.consoleAPICalled":
            self.troubles.append(f"console.{values['type']}")
        elif method == "Log.entryAdded":
            self.troubles.append(values["entry"]["text"])
        elif method == "Page.javascriptDialogOpening":
            self.troubles.append(f"dialog: {values['message']}")
        elif method == "Network.requestWillBeSent":
            self.requests.append(values["request"]["url"])
        return message

    def call(self, method, **values):
        self.number += 1
        message = {"id": self.number, "method": method, "params": values}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.send_end, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def open(self, path, width=1280, height=900, scheme="light"):
        self.troubles, self.requests = [], []
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
            mobile=width < 500)
        self.set_scheme(scheme)
        self.call("Page.navigate", url=path.as_uri())
        while self.receive().get("method") != "Page.loadEventFired":
            pass
        self.settle()

    def set_scheme(self, scheme):
        self.call(
            "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def settle(self):
        self.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def value(self, script):
        result = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{script}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def click(self, selector):
        spot = self.value(
            f"""(() => {{ const e = document.querySelector({json.dumps(selector)});
            e.scrollIntoView({{block: "center", behavior: "instant"}});
            const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }})()""")
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"]:
            self.call(
                "Input.dispatchMouseEvent", type=kind, x=spot[0], y=spot[1], button="left", clickCount=1)
        self.settle()

    def type(self, text):
        self.call("Input.insertText", text=text)
        self.settle()

    def press(self, key, code):
        for kind in ["rawKeyDown", "keyUp"]:
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)
        self.settle()

    def picture(self, path):
        data = self.call("Page.captureScreenshot", format="png")["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))

    def close(self):
        try:
            self.call("Browser.close")
        except (RuntimeError, SystemExit, OSError):
            pass
        self.process.wait(timeout=20)


class Checks:
    """What was expected and did not come."""

    def __init__(self):
        self.count = 0
        self.failures = []

    def that(self, holds, what):
        self.count += 1
        if not holds:
            self.failures.append(what)
            print(f"report: FAILED: {what}", file=sys.stderr)


def histogram(random_source):
    before = [int(200 * math.exp(-((bin - 24) / random_source.uniform(4, 9)) ** 2)) for bin in range(48)]
    return {"low": -1.5, "high": 1.5, "before": before, "after": before[::-1]}


def made_up(count):
    """A report with that many quantized tensors, whose worst ones have hostile names."""
    source = random.Random(7)
    tensors = []
    for index in range(count):
        ratio = 5.0 + index if index < len(HOSTILE) else source.uniform(14.5, 23)
        name = HOSTILE[index] if index < len(HOSTILE) else f"model.layers.{index // 7}.part{index % 7}.weight"
        tensors.append({
            "name": name, "index": index, "dtype": "BF16", "shape": [64, 64 + index],
            "treatment": "int4 symmetric zp per_block(axis 1, 32)", "bytes_in": 8192, "bytes_out": 2304,
            "metrics": {
                "elements": 4096, "max_error": source.uniform(0.001, 0.5), "mse": 1e-5, "sqnr_db": ratio,
                "cosine": 0.99, "clipped": 0.01, "scale_min": 0.01, "scale_max": 0.1,
                "histogram": histogram(source)}})
    for name in HOSTILE:
        tensors.append({
            "name": f"kept {name}", "index": len(tensors), "dtype": "F32", "shape": [4], "treatment": name,
            "bytes_in": 16, "bytes_out": 16})
    total = {
        "elements": 4096 * count, "max_error": 0.5, "mse": 1e-5, "sqnr_db": 18.5, "cosine": 0.99,
        "clipped": 0.01, "scale_min": 0.01, "scale_max": 0.1}
    return {
        "format_version": 1, "input": f"models/{HOSTILE[3]}", "output": "out", "layout": HOSTILE[2],
        "bytes_in": 8192 * count, "bytes_out": 2304 * count, "total": total,
        "tensors": tensors}


ROWS = "document.querySelectorAll('#table tbody tr[data-order]').length"
FIRST = "document.querySelector('#table tbody tr[data-order] .pick').getAttribute('aria-label')"
NAMES = "[...document.querySelectorAll('#table tbody .pick')].map(e => e.getAttribute('aria-label'))"
HISTOGRAM = "document.querySelector('#bins .before-line').getAttribute('d')"
MARKS = "document.querySelectorAll('.layer:not(.out)').length"
COLOUR = "getComputedStyle(document.body).backgroundColor"
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"


def is_quiet(browser, checks, page, what):
    checks.that(not browser.troubles, f"{what}: nothing in the console, not {browser.troubles}")
    checks.that(browser.requests == [page.as_uri()], f"{what}: no requests, not {browser.requests[1:]}")


def check_real(browser, checks, page, metrics):
    report = json.loads(metrics.read_text())
    quantized = [tensor for tensor in report["tensors"] if "metrics" in tensor]
    browser.open(page)
    checks.that(browser.value(ROWS) == len(quantized), "a row for every quantized tensor")
    checks.that(browser.value(MARKS) == len(quantized), "a mark for every quantized tensor")
    ratios = sorted(quantized, key=lambda tensor: tensor["metrics"]["sqnr_db"])
    checks.that(browser.value(NAMES) == [tensor["name"] for tensor in ratios], "the worst comes first")
    for key, figure, is_falling in [("error", "max_error", True), ("sqnr", "sqnr_db", False), ("cosine", "cosine", False)]:
        browser.click(f"th[data-key={key}] button")
        order = sorted(quantized, key=lambda t: t["metrics"][figure], reverse=is_falling)
        checks.that(browser.value(NAMES) == [t["name"] for t in order], f"the order by {key}")
        direction = browser.value(f"document.querySelector('th[data-key={key}]').getAttribute('aria-sort')")
        checks.that(direction == ("descending" if is_falling else "ascending"), f"aria-sort of {key}")
        browser.click(f"th[data-key={key}] button")
        checks.that(browser.value(NAMES) == [t["name"] for t in reversed(order)], f"{key} the other way")
    # Another tensor, by mouse and by keys.
    before = browser.value(HISTOGRAM)
    browser.click("#table tbody tr[data-order]:not(.selected) td.error")
    chosen = browser.value("document.querySelector('tr.selected .pick').getAttribute('aria-label')")
    checks.that(browser.value(HISTOGRAM) != before, "a row changes the histogram")
    checks.that(browser.value("document.getElementById('detail-name').textContent") == chosen, "a row names its tensor")
    browser.value("document.getElementById('plot').focus()")
    browser.press("Home", 36)
    browser.press("ArrowRight", 39)
    second = sorted(quantized, key=lambda tensor: tensor["index"])[1]["name"]
    checks.that(browser.value("document.getElementById('detail-name').textContent") == second, "arrow keys choose")
    checks.that(second in browser.value("document.querySelector('.tip').textContent"), "the chart tells the name")
    checks.that(browser.value("!document.querySelector('.untouched').open"), "what is copied is folded")
    is_quiet(browser, checks, page, "a real model")

    light = browser.value(COLOUR)
    browser.click("#theme")
    dark = browser.value(COLOUR)
    checks.that(light != dark, "the button changes the colours")
    browser.click("#theme")
    browser.set_scheme("dark")
    checks.that(browser.value(COLOUR) == light, "the button counts for more than the system")
    browser.open(page, scheme="dark")
    checks.that(browser.value(COLOUR) == dark, "a dark system gets dark colours")


def check_made_up(browser, checks, page, count):
    start = time.monotonic()
    browser.open(page)
    checks.that(time.monotonic() - start < 10, f"{count} tensors load")
    checks.that(browser.value(MARKS) == count, "a mark for each of many")
    checks.that(0 < browser.value(ROWS) < 150, "only rows in sight")
    checks.that(browser.value("document.getElementById('table').getAttribute('aria-rowcount')") == str(count + 1), "the number of rows is told")
    checks.that(browser.value(FIRST) == HOSTILE[0], "a hostile name is text")
    checks.that(browser.value("document.querySelectorAll('img, svg[onload], [onmouseover], iframe').length") == 0, "no markup out of names")
    checks.that(browser.value("document.querySelectorAll('script').length") == 2, "no scripts but ours")
    checks.that(browser.value("document.querySelectorAll('bdi [x], bdi *').length") == 0, "names hold no elements")
    browser.value("scrollTo({top: document.body.scrollHeight, behavior: 'instant'})")
    browser.settle()
    checks.that(browser.value(FIRST) != HOSTILE[0] and browser.value(ROWS) > 0, "scrolling shows other rows")
    for name in HOSTILE:
        browser.value(f"document.querySelector('#search').value = ''")
        browser.click("#search")
        browser.type(name)
        checks.that(browser.value(FIRST) == name, f"search finds {name!r}")
        browser.click("#table tbody tr[data-order] td.error")
        checks.that(browser.value("document.getElementById('detail-name').textContent") == name, f"{name!r} is text in the detail")
    browser.value("document.querySelector('#search').value = ''")
    browser.click("#search")
    browser.type("layers.99.")
    checks.that(browser.value(ROWS) == 7 and browser.value(MARKS) == 7, "search filters table and chart")
    browser.type(" nothing")
    checks.that(browser.value(ROWS) == 0 and browser.value(MARKS) == 0, "search may find nothing")
    browser.value("document.querySelector('.untouched').open = true; document.querySelector('.guide').open = true")
    browser.value("dispatchEvent(new Event('beforeprint'))")
    browser.value("dispatchEvent(new Event('afterprint'))")
    # The policy is the second wall: what gets in all the same must not run.
    browser.value("document.body.insertAdjacentHTML('beforeend', '<p onclick=\"document.title = 1\" id=probe>')")
    browser.troubles = [t for t in browser.troubles if "Content Security Policy" not in t]
    browser.value("document.getElementById('probe').click()")
    checks.that(browser.value("document.title") != "1", "handlers in markup do not run")
    browser.troubles = [t for t in browser.troubles if "Content Security Policy" not in t]
    is_quiet(browser, checks, page, "hostile names")


def check_phone(browser, checks, page, what):
    for width in [375, 320]:
        browser.open(page, width=width, height=812)
        browser.value("for (const e of document.querySelectorAll('details')) e.open = true")
        browser.settle()
        checks.that(browser.value(OVERFLOW) <= 0, f"{what}: no scrolling sideways at {width} px")
        is_quiet(browser, checks, page, f"{what} at {width} px")


def check_nothing_quantized(browser, checks, page):
    browser.open(page)
    checks.that("Nothing is quantized" in browser.value("document.body.textContent"), "nothing quantized is said")
    browser.click("#theme")
    is_quiet(browser, checks, page, "nothing quantized")


def make_page(tool, metrics, page):
    subprocess.run([tool, "report", metrics, "-o", page, "--overwrite", "--quiet"], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", required=True)
    parser.add_argument("--chromium", required=True)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--screenshot", type=pathlib.Path)
    parser.add_argument("--size", default="1280x900")
    parser.add_argument("--scheme", default="light")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        folder = pathlib.Path(folder)
        metrics, page = folder / "metrics.json", folder / "report.html"
        subprocess.run([
            arguments.tool, "convert", arguments.model, "--dtype", "int4", "--block-size", "32", "--packed",
            "-o", folder / f"{arguments.model.stem}.int4.safetensors", "--metrics-file", metrics, "--quiet"], check=True)
        make_page(arguments.tool, metrics, page)
        browser = Browser(arguments.chromium, folder / "profile")
        if arguments.screenshot:
            width, height = map(int, arguments.size.split("x"))
            browser.open(page, width, height, arguments.scheme)
            browser.picture(arguments.screenshot)
            browser.close()
            return
        checks = Checks()
        check_real(browser, checks, page, metrics)
        check_phone(browser, checks, page, "a real model")
        report = made_up(1000)
        metrics.write_text(json.dumps(report))
        make_page(arguments.tool, metrics, page)
        check_made_up(browser, checks, page, 1000)
        check_phone(browser, checks, page, "hostile names")
        report["tensors"] = [t for t in report["tensors"] if "metrics" not in t]
        del report["total"]
        metrics.write_text(json.dumps(report))
        make_page(arguments.tool, metrics, page)
        check_nothing_quantized(browser, checks, page)
        browser.close()
    if checks.failures:
        sys.exit(f"report: {len(checks.failures)} of {checks.count} checks failed")
    print(f"report: {checks.count} checks of the page in Chromium passed")


if __name__ == "__main__":
    main()
