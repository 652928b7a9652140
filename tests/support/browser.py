"""A headless Chromium: what a page looks like in it, and what it complains of."""

import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.request

CHROMIUM = next((b for name in ("chromium", "chromium-browser", "google-chrome") if (b := shutil.which(name))), None)
DRIVER = shutil.which("chromedriver")
OVERFLOW = """
const wide = document.documentElement.clientWidth, out = [];
document.querySelectorAll("details").forEach(d => d.open = true);
for (const e of document.querySelectorAll("body *")) {
  const box = e.getBoundingClientRect();
  const scrolled = e.closest(".scroll") && !e.matches(".scroll");
  const hidden = e.closest("thead") && getComputedStyle(e.closest("thead")).position === "absolute";
  const beyond = box.right > wide + 1 || box.left < -1;
  if (!scrolled && !hidden && beyond) out.push(e.tagName + ": " + e.textContent.slice(0, 60));
  const style = getComputedStyle(e);
  if (!hidden && style.overflowX === "hidden" && e.scrollWidth > e.clientWidth + 1) out.push("cut: " + e.tagName);
}
const images = [...document.images];
return {scroll: document.documentElement.scrollWidth, client: wide, inner: window.innerWidth, out: out.slice(0, 9),
  broken: images.filter(i => !i.complete || i.naturalWidth === 0).length,
  narrow: Math.min(Infinity, ...images.map(i => i.getBoundingClientRect().width)), images: images.length};
"""


class Browser:
    """A headless Chromium, driven over plain HTTP."""

    def __init__(self, port, width, profile):
        self.base = f"http://127.0.0.1:{port}/session"
        args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
        args += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
        options = {"binary": CHROMIUM, "args": [*args, f"--user-data-dir={profile}", f"--window-size={width},900"]}
        if width < 600:  # a window cannot be that narrow; a phone can
            metrics = {"width": width, "height": 800, "pixelRatio": 2.0, "mobile": True}
            options["mobileEmulation"] = {"deviceMetrics": metrics}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        self.base += "/" + self.send("", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]

    def send(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def run(self, script):
        return self.send("/execute/sync", {"script": script, "args": []})


@contextlib.contextmanager
def chromedriver():
    """Yield the port of a driver, and end it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([DRIVER, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def check_clean(browser, path, width):
    """Assert that a page fits its window with everything opened, asks for nothing and complains of nothing."""
    browser.send("/url", {"url": path.as_uri()})
    seen = browser.run(OVERFLOW)
    assert seen["inner"] == width
    assert seen["scroll"] <= seen["client"], seen
    assert seen["out"] == []
    assert seen["broken"] == 0
    log = browser.send("/se/log", {"type": "browser"})
    assert [entry for entry in log if entry["level"] in ("WARNING", "SEVERE")] == []
    asked = browser.run("return performance.getEntriesByType('resource').map(e => e.name.slice(0, 80))")
    assert [name for name in asked if not name.startswith("data:")] == []
    return seen
