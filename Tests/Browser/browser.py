"""Drives a headless Chromium through its debugging pipe: no web driver, no network, no package."""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def program():
    """The browser to use; `Scripts/setup-browser.sh` installs the first of them."""
    for name in (os.environ.get("TOKLAB_BROWSER"), *NAMES):
        if name and shutil.which(name):
            return shutil.which(name)
    raise SystemExit("no Chromium: run Scripts/setup-browser.sh, or name one in TOKLAB_BROWSER")


class Browser:
    """One page. `errors` collects what the console and the page's scripts complained about."""

    def __init__(self, width=1200, height=900, dark=False):
        self.errors = []
        self.requests = []
        self.number = 0
        self.buffer = b""
        self.profile = tempfile.mkdtemp(prefix="toklab-browser-")
        down_read, self.down = os.pipe()
        self.up, up_write = os.pipe()

        def wire():
            # The browser reads its orders on 3 and answers on 4; moved out of the way first, since they may be 3 and 4.
            source, sink = os.dup2(down_read, 60), os.dup2(up_write, 61)
            os.dup2(source, 3)
            os.dup2(sink, 4)

        self.process = subprocess.Popen(
            [program(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
             "--disable-background-networking", "--no-first-run", "--remote-debugging-pipe",
             f"--user-data-dir={self.profile}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=wire)
        os.close(down_read)
        os.close(up_write)
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.size(width, height)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def _send(self, method, parameters, session=None):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.down, json.dumps(message).encode() + b"\0")
        return self.number

    def _receive(self, deadline):
        while b"\0" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.up], [], [], left)[0]:
                raise TimeoutError("the browser does not answer")
            chunk = os.read(self.up, 1 << 20)
            if not chunk:
                raise RuntimeError("the browser ended")
            self.buffer += chunk
        text, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(text)
        method, data = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            details = data["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled" and data["type"] in ("error", "warning", "assert"):
            self.errors.append(" ".join(str(part.get("value", part.get("description"))) for part in data["args"]))
        elif method == "Log.entryAdded" and data["entry"]["level"] in ("error", "warning"):
            self.errors.append(data["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(data["request"]["url"])
        return message

    def _call(self, method, session=None, timeout=60, **parameters):
        deadline = time.monotonic() + timeout
        number = self._send(method, parameters, session)
        while True:
            message = self._receive(deadline)
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message.get("result", {})

    def call(self, method, **parameters):
        return self._call(method, self.session, **parameters)

    def open(self, url):
        """Opens a page and waits until it has loaded; returns the seconds that took."""
        start = time.monotonic()
        number = self._send("Page.navigate", {"url": url}, self.session)
        seen_load = answered = False
        while not (seen_load and answered):
            message = self._receive(start + 60)
            answered = answered or message.get("id") == number
            seen_load = seen_load or message.get("method") == "Page.loadEventFired"
        return time.monotonic() - start

    def run(self, script):
        """The value of a JavaScript expression; promises are waited for."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"].get("exception", {}).get("description", "script failed"))
        return result["result"].get("value")

    def wait(self, condition, timeout=20):
        """Until a JavaScript expression is true."""
        deadline = time.monotonic() + timeout
        while True:
            value = self.run(condition)
            if value:
                return value
            if time.monotonic() > deadline:
                raise TimeoutError(f"never true: {condition}")
            time.sleep(0.05)

    def click(self, selector):
        box = self.run(f"""(() => {{ const e = document.querySelector({json.dumps(selector)});
            e.scrollIntoView({{block: 'center'}}); const r = e.getBoundingClientRect();
            return [r.x + r.width / 2, r.y + r.height / 2]; }})()""")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def type(self, selector, text):
        """Types into a field as a person would paste: after what is there."""
        self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        self.call("Input.insertText", text=text)

    def screenshot(self, path, selector=None, full=False):
        options = {"format": "png"}
        if selector:
            x, y, w, h = self.run(f"""(() => {{ const r = document.querySelector({json.dumps(selector)})
                .getBoundingClientRect(); return [r.x + scrollX, r.y + scrollY, r.width, r.height]; }})()""")
            options.update(clip={"x": x, "y": y, "width": w, "height": h, "scale": 1}, captureBeyondViewport=True)
        elif full:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            options.update(clip={"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1},
                           captureBeyondViewport=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot", **options)["data"]))

    def close(self):
        try:
            self._call("Browser.close", timeout=5)
        except (RuntimeError, TimeoutError, OSError):
            pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.down)
        os.close(self.up)
        shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
