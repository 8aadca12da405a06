//! Addresses of streams as common makers write them, for cameras without ONVIF.
//!
//! As their manuals and support pages give them; a guess that `lookout probe` proves or not.

/// Where a maker's cameras have their streams, behind `rtsp://host`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MakersPath {
    /// The maker, and those whose cameras are made by it.
    pub maker: &'static str,
    /// The small stream, to watch.
    pub path: &'static str,
    /// The large stream, for evidence.
    pub large: Option<&'static str>,
}

const fn path(maker: &'static str, path: &'static str, large: &'static str) -> MakersPath {
    MakersPath { maker, path, large: Some(large) }
}

/// Most frequent makers first. `{user}` and `{password}` stand for the login, as in the configuration.
const KNOWN_PATHS: [MakersPath; 16] = [
    path("Hikvision, HiLook, Annke", "/Streaming/Channels/102", "/Streaming/Channels/101"),
    path(
        "Dahua, Imou, Amcrest",
        "/cam/realmonitor?channel=1&subtype=1",
        "/cam/realmonitor?channel=1&subtype=0",
    ),
    path("Uniview", "/media/video2", "/media/video1"),
    path("TP-Link, Tapo, VIGI", "/stream2", "/stream1"),
    path("EZVIZ", "/h264/ch1/sub/av_stream", "/h264/ch1/main/av_stream"),
    path("Reolink", "/h264Preview_01_sub", "/h264Preview_01_main"),
    path("Axis", "/axis-media/media.amp?resolution=640x360", "/axis-media/media.amp"),
    path("Hanwha, Samsung", "/profile3/media.smp", "/profile2/media.smp"),
    path("Bosch", "/rtsp_tunnel?inst=2", "/rtsp_tunnel?inst=1"),
    path("Milesight", "/sub", "/main"),
    path("Vivotek", "/live1s2.sdp", "/live1s1.sdp"),
    path("Foscam", "/videoSub", "/videoMain"),
    path("D-Link", "/live2.sdp", "/live1.sdp"),
    path("Tiandy", "/1/2", "/1/1"),
    path(
        "Xiongmai (XMEye, ICSee)",
        "/user={user}&password={password}&channel=1&stream=1.sdp",
        "/user={user}&password={password}&channel=1&stream=0.sdp",
    ),
    path("other", "/live/ch00_1", "/live/ch00_0"),
];

/// All of them.
pub fn known_paths() -> &'static [MakersPath] {
    &KNOWN_PATHS
}
