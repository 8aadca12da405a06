"""ipycam's ONVIF and WS-Discovery without its pictures: prints its port, and answers until standard input ends."""

import http.server
import importlib.util
import sys
import threading
import types

# The package's own start imports OpenCV, which this does not need: the folder is the package, and what would encode is
# names alone.
package = types.ModuleType("ipycam")
package.__path__ = list(importlib.util.find_spec("ipycam").submodule_search_locations)
sys.modules["ipycam"] = package
streamer = types.ModuleType("ipycam.streamer")
streamer.StreamConfig = streamer.HWAccel = type("Unused", (), {"AUTO": "auto", "CPU": "cpu"})
sys.modules["ipycam.streamer"] = streamer

from ipycam.config import CameraConfig  # noqa: E402
from ipycam.discovery import WSDiscoveryServer  # noqa: E402
from ipycam.http import IPCameraHTTPHandler  # noqa: E402
from ipycam.onvif import ONVIFService  # noqa: E402

user, password = sys.argv[1:]
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), IPCameraHTTPHandler)
config = CameraConfig(name="Yard", local_ip="127.0.0.1", onvif_port=server.server_port, username=user, password=password)
service = ONVIFService(config)
IPCameraHTTPHandler.camera = types.SimpleNamespace(config=config, onvif=service)
threading.Thread(target=server.serve_forever, daemon=True).start()
WSDiscoveryServer(service).start()
print(server.server_port, flush=True)
sys.stdin.read()
