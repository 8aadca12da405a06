//! A small RTSP server on the loopback address.
