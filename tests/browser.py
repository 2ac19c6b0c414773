"""A real browser for tests, driven through the pipe that Chromium has; no library is needed."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

PROGRAM = shutil.which("chromium") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(PROGRAM is None, reason="no Chromium here")
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe")


class Browser:
    """A browser with one page open, as wide as is said.

    Parameters
    ----------
    folder : Path
        For its profile.
    width, height : int
        Of the window, in pixels of CSS.
    dark : bool
        Whether the reader prefers a dark page.
    """

    def __init__(self, folder: Path, width: int, height: int = 800, dark: bool = False) -> None:
        self.size = {"width": width, "height": height}
        self.look = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.folder, self.number = folder, 0

    def __enter__(self) -> "Browser":
        (theirs_in, self._out), (self._in, theirs_out) = os.pipe(), os.pipe()
        profile = f"--user-data-dir={self.folder / 'profile'}"
        command = [PROGRAM, *OPTIONS, profile, "about:blank"]  # reads from 3, writes to 4
        moved = 'exec 3<&"$1" 4>&"$2"; shift 2; exec "$@"'
        self._process = subprocess.Popen(
            ["bash", "-c", moved, "bash", str(theirs_in), str(theirs_out), *command],
            pass_fds=(theirs_in, theirs_out), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        self._rest, self._session = b"", None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        self.call(
            "Emulation.setDeviceMetricsOverride", **self.size, deviceScaleFactor=1, mobile=False
        )
        self.call("Emulation.setEmulatedMedia", features=self.look)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask the browser for something, and wait for its answer."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self.number:
            pass
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = os.read(self._in, 1 << 20)
            assert more, "the browser has ended"
            self._rest += more
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def open(self, page: str) -> None:
        """Open a page, from a file, without a network."""
        path = self.folder / "page.html"
        path.write_text(page, encoding="utf-8")
        self.call("Page.enable")
        self.call("Page.navigate", url=path.as_uri())
        while self._next().get("method") != "Page.loadEventFired":
            pass

    def run(self, script: str) -> Any:
        """The value of an expression of the page; a promise is waited for."""
        done = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def press(self, key: str) -> None:
        """Press a key of the keyboard, by its name."""
        text = {"Enter": "\r", " ": " "}.get(key)
        code = {"Enter": 13, "ArrowLeft": 37, "ArrowRight": 39, "Home": 36, "End": 35, "Tab": 9}
        known = {"key": key, "code": key, "windowsVirtualKeyCode": code.get(key, 0)}
        self.call(
            "Input.dispatchKeyEvent", type="keyDown", **known, **({"text": text} if text else {})
        )
        self.call("Input.dispatchKeyEvent", type="keyUp", **known)

    def picture(self, path: Path) -> None:
        """The page as it is seen, as PNG, in its whole length."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))
