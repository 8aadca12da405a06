"""Plays a clip as a camera, for ever: `camera.py PORT CLIP` serves rtsp://127.0.0.1:PORT/lane. Needs python3-gi and
gir1.2-gst-rtsp-server-1.0."""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer

Gst.init(None)


class Factory(GstRtspServer.RTSPMediaFactory):
    """One pipeline for all who watch; at the clip's end it begins anew."""

    def do_configure(self, media):
        element = media.get_element()

        def again(_pad, info):
            if info.get_event().type == Gst.EventType.EOS:
                GLib.idle_add(rewind)
                return Gst.PadProbeReturn.DROP
            return Gst.PadProbeReturn.OK

        def rewind():
            element.seek_simple(Gst.Format.TIME, Gst.SeekFlags.FLUSH | Gst.SeekFlags.KEY_UNIT, 0)
            return False

        parser = element.get_by_name("parser")
        parser.get_static_pad("src").add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, again)


server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(sys.argv[1])
factory = Factory()
factory.set_shared(True)
factory.set_launch(
    f'( filesrc location="{sys.argv[2]}" ! qtdemux ! h264parse name=parser config-interval=-1 '
    "! rtph264pay name=pay0 pt=96 )"
)
server.get_mount_points().add_factory("/lane", factory)
server.attach(None)
GLib.MainLoop().run()
