//! Frames from cameras and files; the only place that names GStreamer.
