#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A page in a headless Chromium, driven over its debugging pipe: no port, no package of Python's.

As a program, for a look at a page with one's own eyes:

    browser.py shot PAGE WIDTH HEIGHT SCRIPT OUT.png    after SCRIPT ran in it
    browser.py print PAGE OUT.pdf
"""
import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time

NAMES = ("chromium-headless-shell", "chromium")
LIMIT = 60  # seconds that one answer may take


class Browser:
    """One browser with one page; `troubles` gathers what its console and its network complain of."""

    def __init__(self):
        program = next(filter(None, map(shutil.which, NAMES)), None)
        if not program:
            raise OSError("no Chromium: install chromium-headless-shell")
        self.home = tempfile.mkdtemp()
        to_browser, self.to = os.pipe()
        self.back, from_browser = os.pipe()
        self.log = open(self.home + "/log", "wb")
        command = f'exec "$0" "$@" 3<&{to_browser} 4>&{from_browser}'
        self.process = subprocess.Popen(
            ["bash", "-c", command, program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--disable-dev-shm-usage", "--remote-debugging-pipe", "--user-data-dir=" + self.home, "about:blank"],
            pass_fds=(to_browser, from_browser), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env=dict(os.environ, HOME=self.home), start_new_session=True)
        os.close(to_browser)
        os.close(from_browser)
        self.number, self.rest, self.session, self.events, self.troubles = 0, b"", None, [], []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.to)  # the end of its pipe is the end of the browser
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, 9)
            self.process.wait()
        os.close(self.back)
        self.log.close()
        shutil.rmtree(self.home, ignore_errors=True)

    def read(self):
        """The next message."""
        end = time.monotonic() + LIMIT
        while b"\0" not in self.rest:
            if not select.select([self.back], [], [], max(0, end - time.monotonic()))[0]:
                raise OSError("the browser does not answer")
            more = os.read(self.back, 1 << 20)
            if not more:
                raise OSError("the browser has ended: " + open(self.home + "/log", errors="replace").read()[-500:])
            self.rest += more
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def note(self, event):
        """Keep an event; what is a complaint is put into words, too."""
        method, said = event["method"], event.get("params", {})
        self.events.append(method)
        if method == "Runtime.exceptionThrown":
            self.troubles.append("exception: " + said["exceptionDetails"]["text"])
        elif method == "Runtime.consoleAPICalled":
            self.troubles.append("console: " + json.dumps(said["args"]))
        elif method == "Log.entryAdded":
            self.troubles.append("log: " + said["entry"]["text"])
        elif method == "Network.requestWillBeSent" and not said["request"]["url"].startswith(("file:", "data:")):
            self.troubles.append("request: " + said["request"]["url"])

    def call(self, method, **params):
        """What the browser answers to that command; OSError when it is an error."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise OSError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            if "method" in answer:
                self.note(answer)

    def open(self, path, width, height=900):
        """Show the file at PATH in a window of that size, loaded to its end."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.events.clear()
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        while "Page.loadEventFired" not in self.events:
            event = self.read()
            if "method" in event:
                self.note(event)

    def run(self, script):
        """The value of an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in answer:
            raise OSError("script: " + json.dumps(answer["exceptionDetails"])[:500])
        return answer["result"].get("value")

    def shoot(self):
        """The window as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def print(self):
        """The page on A4 as PDF."""
        return base64.b64decode(self.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)["data"])


def main(what, page, *rest):
    with Browser() as browser:
        if what == "shot":
            browser.open(page, int(rest[0]), int(rest[1]))
            browser.run(rest[2])
            made = browser.shoot()
        else:
            browser.open(page, 800)
            made = browser.print()
    with open(rest[-1], "wb") as out:
        out.write(made)
    for trouble in browser.troubles:
        print(trouble, file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
